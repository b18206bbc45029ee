#!/usr/bin/python3
"""Makes wheels of the installed Debian packages of Python libraries, so that pip can install them without an index.

Usage: debian-wheels.py FOLDER

Debian takes out of a library's metadata what its packages depend on already, so the requirements are read from dpkg. They carry
no versions: what is in the folder fits together."""

import importlib.metadata
import os
import re
import subprocess
import sys
import zipfile

SITE = '/usr/lib/python3/dist-packages/'


def dpkg(*arguments):
    return subprocess.run(['dpkg-query', *arguments], check=True, capture_output=True, text=True).stdout


def normalized(name):
    return re.sub(r'[-_.]+', '-', name).lower()


def packages():
    """The distributions by the Debian package that they came with."""
    found = {}
    for distribution in importlib.metadata.distributions(path=[SITE]):
        package = dpkg('-S', str(distribution._path)).split(':')[0].split(',')[0]
        found.setdefault(package, distribution)
    return found


def files(package):
    """Everything importable, as (path in the wheel, file). Links lead to files of other packages, which come along."""
    for path in dpkg('-L', package).splitlines():
        if not path.startswith(SITE) or re.match(r'[^/]+\.(egg|dist)-info(/|$)', path[len(SITE) :]):
            continue
        if os.path.isfile(path):
            yield path[len(SITE) :], path
        elif os.path.islink(path):
            for folder, _, names in os.walk(path, followlinks=True):
                yield from ((os.path.join(folder, name)[len(SITE) :], os.path.join(folder, name)) for name in names)


def requirements(package, distribution, found):
    """The dependencies of the package, and of the extras those that are here."""
    depends = re.findall(r'[a-z0-9][a-z0-9.+-]+', dpkg('-W', '-f', '${Depends}', package))
    if 'python3-pkg-resources' in depends:
        yield 'setuptools'
    yield from (found[name].metadata['Name'] for name in dict.fromkeys(depends) if name in found and name != package)
    names = {normalized(each.metadata['Name']): each.metadata['Name'] for each in found.values()}
    for line in distribution.requires or []:
        name = normalized(re.match(r'[\w.-]+', line).group())
        extra = re.search(r'extra == ["\']([\w.-]+)["\']', line)
        if extra and name in names:
            yield f'{names[name]}; extra == "{extra.group(1)}"'


def metadata(package, distribution, found):
    required = list(requirements(package, distribution, found))
    extras = dict.fromkeys(re.findall(r'extra == "(.+?)"', '\n'.join(required)))
    lines = ['Metadata-Version: 2.1', f'Name: {distribution.metadata["Name"]}', f'Version: {distribution.version}']
    lines += [f'Provides-Extra: {extra}' for extra in extras] + [f'Requires-Dist: {line}' for line in required]
    return '\n'.join(lines) + '\n'


def write_wheel(folder, package, distribution, found):
    contents = dict(files(package))
    compiled = any(path.endswith('.so') for path in contents)
    tag = f'cp3{sys.version_info.minor}-cp3{sys.version_info.minor}-linux_{os.uname().machine}' if compiled else 'py3-none-any'
    stem = f'{re.sub("[^A-Za-z0-9.]+", "_", distribution.metadata["Name"])}-{distribution.version}'
    info = f'{stem}.dist-info'
    with zipfile.ZipFile(f'{folder}/{stem}-{tag}.whl', 'w', zipfile.ZIP_DEFLATED) as wheel:
        for path, source in contents.items():
            wheel.write(source, path)
        wheel.writestr(f'{info}/METADATA', metadata(package, distribution, found))
        wheel.writestr(f'{info}/WHEEL', f'Wheel-Version: 1.0\nGenerator: debian\nRoot-Is-Purelib: {str(not compiled).lower()}\nTag: {tag}\n')
        if entry_points := distribution.read_text('entry_points.txt'):
            wheel.writestr(f'{info}/entry_points.txt', entry_points)
        wheel.writestr(f'{info}/RECORD', ''.join(f'{path},,\n' for path in [*wheel.namelist(), f'{info}/RECORD']))


if __name__ == '__main__':
    os.makedirs(sys.argv[1], exist_ok=True)
    installed = packages()
    for package, distribution in installed.items():
        if distribution.metadata['Name'] in ('pip', 'setuptools'):
            continue  # wheels in Debian already, and whole: here pkg_resources is a package of its own
        write_wheel(sys.argv[1], package, distribution, installed)
