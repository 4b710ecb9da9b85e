FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src

# Restored on its own, so that only a change of packages restores again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY SafeClockin.Api/SafeClockin.Api.csproj SafeClockin.Api/
COPY SafeClockin.Data/SafeClockin.Data.csproj SafeClockin.Data/
COPY SafeClockin.Domain/SafeClockin.Domain.csproj SafeClockin.Domain/
COPY SafeClockin.Api/Properties/PublishProfiles/Image.pubxml SafeClockin.Api/Properties/PublishProfiles/
RUN dotnet restore SafeClockin.Api -p:PublishProfile=Image

COPY . .
RUN dotnet publish SafeClockin.Api --no-restore -p:PublishProfile=Image -o /app

# Debian or Ubuntu with a shell, which WeChat Cloud Hosting's sidecar asks for: no chiseled image. The framework comes with
# the program.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0
LABEL org.opencontainers.image.title="SafeClockin" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.description="A backend for WeChat mini-programs: safe clock-in, counter, login, index page" \
      org.opencontainers.image.licenses="MIT"

# /data: for the embedded store, which is used when STORE=sqlite says so.
RUN install -d -o $APP_UID -g $APP_UID /data
# /app/cert: where Cloud Hosting puts the certificate of what answers for api.weixin.qq.com there.
# RES_OPTIONS: a lookup of a name is repeated after 1 s; after 5 s, the default, one lost packet would fail a login.
ENV SQLITE_FILE=/data/safeclockin.db \
    SSL_CERT_DIR=/etc/ssl/certs:/app/cert \
    RES_OPTIONS="timeout:1 attempts:3"

WORKDIR /app
COPY --from=build /app .
USER $APP_UID
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["./SafeClockin.Api", "--healthcheck"]
ENTRYPOINT ["./SafeClockin.Api"]
