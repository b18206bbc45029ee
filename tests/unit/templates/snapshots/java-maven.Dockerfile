FROM maven:3.9-eclipse-temurin-17 AS build
ENV MAVEN_OPTS=-Dmaven.repo.local=/cache/slipway-aac23a0f5f30/maven
WORKDIR /src
COPY src/ .
# libraries stay in a cache, so that there is no layer of them to make anew
RUN --mount=type=cache,id=slipway-aac23a0f5f30-maven,target=/cache/slipway-aac23a0f5f30/maven ["/bin/sh", "-c", "mvn -B -ntp -DskipTests package"]
COPY collect.sh /
RUN ["sh", "/collect.sh", "."]

FROM eclipse-temurin:17-jre
RUN useradd --uid 10001 --user-group --create-home app && mkdir /app && chown app:app /app
WORKDIR /app
COPY --from=build --chown=app:app /out .
USER app
ENV JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75 SERVER_PORT=8080
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec java $JAVA_OPTS -jar app.jar"]
