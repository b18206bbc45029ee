FROM gradle:8-jdk21 AS build
ENV GRADLE_USER_HOME=/cache/slipway-aac23a0f5f30/gradle
WORKDIR /src
COPY src/ .
# libraries stay in a cache, so that there is no layer of them to make anew
RUN --mount=type=cache,id=slipway-aac23a0f5f30-gradle,target=/cache/slipway-aac23a0f5f30/gradle ["/bin/sh", "-c", "gradle --no-daemon installDist"]
COPY collect.sh /
RUN ["sh", "/collect.sh", "."]

FROM eclipse-temurin:21-jre
RUN useradd --uid 10001 --user-group --create-home app && mkdir /app && chown app:app /app
WORKDIR /app
COPY --from=build --chown=app:app /out .
USER app
ENV JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec bin/app"]
