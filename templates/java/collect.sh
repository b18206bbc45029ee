#!/bin/sh
# collect.sh FOLDER: puts into /out what runs the app, from where Maven or Gradle left it in FOLDER.
# collect.sh --as-built: puts all that was built there under the paths it has, for a start command that names them.
set -eu
mkdir -p /out

if [ "$1" = --as-built ]; then
  find . \( -path '*/target/*.[jw]ar' -o -path '*/target/lib/*' -o -path '*/target/dependency/*' -o -path '*/quarkus-app/*' \
    -o -path '*/build/libs/*' -o -path '*/build/install/*' \) -type f | tar -cf - -T - | tar -xf - -C /out
  exit
fi

cd "$1"

for folder in target/quarkus-app build/quarkus-app; do
  [ -f "$folder/quarkus-run.jar" ] || continue
  cp -r "$folder/." /out/
  ln -s quarkus-run.jar /out/app.jar
  exit
done

for folder in build/install/*/; do
  [ -d "$folder/bin" ] || continue
  cp -r "$folder/." /out/
  rm -f /out/bin/*.bat
  [ -e /out/bin/app ] || ln -s "$(ls /out/bin)" /out/bin/app
  exit
done

# of the jars that can be started, the largest is the one with all the others in it
find target build/libs -maxdepth 1 -name '*.[jw]ar' -printf '%s %p\n' 2>/dev/null | sort -rn | cut -d' ' -f2- >/tmp/jars
while read -r jar; do
  rm -rf /tmp/META-INF
  (path=$PWD/$jar && cd /tmp && jar xf "$path" META-INF/MANIFEST.MF) 2>/dev/null || continue
  grep -q '^Main-Class:' /tmp/META-INF/MANIFEST.MF || continue
  cp "$jar" /out/app.jar
  for libraries in target/lib target/libs target/dependency build/libs/lib; do
    [ ! -d "$libraries" ] || cp -r "$libraries" /out/
  done
  exit
done </tmp/jars

echo "No jar in $1/target or $1/build/libs names a Main-Class, so none can be started. Name the main class in pom.xml or build.gradle, or give a start command." >&2
exit 1
