# shellcheck shell=bash
# Java, Maven and Gradle, laid out like the official images. Sourced, never run.

# The plugins that Maven runs by itself, those that people add, and JUnit.
readonly MAVEN_PACKAGES=(maven libmaven-{antrun,assembly,clean,compiler,dependency,deploy,install,jar,resources,shade,site,war}-plugin-java
  libexec-maven-plugin-java libsurefire-java junit4 junit5)

# java_base PACKAGE…: the Java of the release, as lines of a Dockerfile. Its packages want a folder that slim images lack.
java_base() {
  cat <<DOCKERFILE
FROM $(rootfs_image)
RUN mkdir -p /usr/share/man/man1
$(run_install "$@") \\
 && mkdir -p /opt/java && ln -s "\$(dirname "\$(dirname "\$(readlink -f /usr/bin/java)")")" /opt/java/openjdk
ENV JAVA_HOME=/opt/java/openjdk LANG=C.UTF-8
ENV PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
DOCKERFILE
}

make_java() {
  case $1 in
    *jre*) build "$1" "$2" < <(java_base default-jre-headless) ;;
    *) build "$1" "$2" < <(java_base default-jdk-headless && echo 'CMD ["jshell"]') ;;
  esac
}

make_maven() {
  local settings=
  cp "$RECIPES"/maven/* "$2/"
  answers https://repo.maven.apache.org/maven2/ || settings='COPY settings.xml /etc/maven/settings.xml
COPY maven-site-plugin-3.3.pom /usr/share/maven-repo/org/apache/maven/plugins/maven-site-plugin/3.3/'
  build "$1" "$2" < <(
    java_base default-jdk-headless "${MAVEN_PACKAGES[@]}"
    echo "$settings"
    echo 'ENV MAVEN_HOME=/usr/share/maven MAVEN_CONFIG=/root/.m2'
    echo 'CMD ["mvn"]'
  )
}

make_gradle() {
  build "$1" "$2" < <(
    java_base default-jdk-headless gradle
    cat <<'DOCKERFILE'
RUN useradd --uid 1000 --user-group --create-home --shell /bin/bash gradle && install -d -o gradle -g gradle /home/gradle/.gradle
ENV GRADLE_HOME=/usr/share/gradle
WORKDIR /home/gradle
CMD ["gradle"]
DOCKERFILE
  )
}
