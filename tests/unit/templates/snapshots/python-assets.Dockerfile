FROM python:3.13-slim AS dependencies
ENV PIP_CACHE_DIR=/cache/slipway-aac23a0f5f30/python/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
RUN python -m venv --without-pip /opt/venv
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python
WORKDIR /app
COPY src/requirements.txt ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-python,target=/cache/slipway-aac23a0f5f30/python ["/bin/sh", "-c", "pip install -r requirements.txt"]

FROM node:24-slim AS node-tools
WORKDIR /app
ENV npm_config_cache=/cache/slipway-aac23a0f5f30/npm
ENV HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
FROM node-tools AS node-dependencies
COPY src/package-lock.json src/package.json ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm ci"]

FROM node-dependencies AS assets
COPY src/ /app/
WORKDIR /app/
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm run build"]


FROM dependencies AS build
COPY --from=assets /app/ .
RUN rm -rf node_modules

FROM python:3.13-slim
RUN useradd --uid 1000 --create-home app && install -d -o app -g app /app
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FORWARDED_ALLOW_IPS=* PORT=8000
ENV FLASK_RUN_HOST=0.0.0.0
ENV FLASK_RUN_PORT=$PORT
WORKDIR /app
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=build --chown=app:app /app .
USER app
EXPOSE 8000
CMD ["/bin/sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT --workers ${WEB_CONCURRENCY:-1} --threads 8 --worker-tmp-dir /dev/shm app:app"]
