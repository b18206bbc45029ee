/** Of the package what the tests use, by the declarations of its version 0.3. */
declare module 'age-encryption' {
  export class Encrypter {
    setPassphrase(passphrase: string): void
    setScryptWorkFactor(logN: number): void
    encrypt(plain: Uint8Array): Promise<Uint8Array>
  }
  export class Decrypter {
    addPassphrase(passphrase: string): void
    decrypt(sealed: Uint8Array): Promise<Uint8Array>
  }
}
