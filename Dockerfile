# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/digest
# with every extra: Slack's app, the cluster, DKIM
COPY requirements/image.txt requirements/image.txt
RUN /opt/digest/bin/pip install --no-deps --require-hashes -r requirements/image.txt
COPY pyproject.toml README.md LICENSE ./
COPY digest digest
COPY migrations migrations
RUN /opt/digest/bin/pip install --no-deps .

FROM python:3.13-slim
# a numeric user, so that "runAsNonRoot" can be checked; the root file system may be read-only
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin digest \
  && install -d -o 10001 -g 10001 /data
COPY --from=build /opt/digest /opt/digest
# the store lies in /data/digest/ by default; DIGEST_STORE__URL here would win over a secret named store__url
ENV PATH=/opt/digest/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    XDG_DATA_HOME=/data \
    DIGEST_WEB__HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
# for `run` and `web`; whoever runs `worker` or `scheduler` alone, which serve nothing, turns it off
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["digest"]
CMD ["run"]
