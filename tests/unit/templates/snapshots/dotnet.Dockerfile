FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build
ENV NUGET_PACKAGES=/cache/slipway-aac23a0f5f30/nuget DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /src
COPY src/ .
# packages stay in a cache, so that there is no layer of them to make anew
RUN --mount=type=cache,id=slipway-aac23a0f5f30-nuget,target=/cache/slipway-aac23a0f5f30/nuget ["/bin/sh", "-c", "dotnet publish Shop.csproj -c Release -o /out"]

FROM mcr.microsoft.com/dotnet/aspnet:8.0
WORKDIR /app
# 1654 is the user app of Microsoft's images, by a number that older ones take, too
COPY --from=build --chown=1654:1654 /out .
USER 1654
ENV ASPNETCORE_HTTP_PORTS=8080
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec dotnet Shop.dll"]
