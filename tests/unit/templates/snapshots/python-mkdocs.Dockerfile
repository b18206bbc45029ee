FROM python:3.13-slim AS dependencies
ENV PIP_CACHE_DIR=/cache/slipway-aac23a0f5f30/python/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
RUN python -m venv --without-pip /opt/venv
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python
WORKDIR /app
RUN --mount=type=cache,id=slipway-aac23a0f5f30-python,target=/cache/slipway-aac23a0f5f30/python ["/bin/sh", "-c", "pip install \"mkdocs>=1.4,<2\" \"mkdocs-material>=9,<10\""]

FROM dependencies AS build
COPY src/ .
RUN --mount=type=cache,id=slipway-aac23a0f5f30-python,target=/cache/slipway-aac23a0f5f30/python ["/bin/sh", "-c", "mkdocs build --site-dir site"]


FROM nginx:stable-alpine
COPY nginx.conf /etc/nginx/nginx.conf
COPY --from=build --chown=101:101 /app/site /srv
USER 101:101
ENV PORT=8080
EXPOSE 8080
CMD ["/bin/sh", "-c", "echo \"listen $PORT;\" > /tmp/listen.conf && exec nginx -g \"daemon off;\""]
