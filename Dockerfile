# wallguard and its engine in front of one application: npm run build && docker build --tag wallguard .
# How to run it, and with other bases and settings: docs/docker.md
ARG BASE=debian:trixie-slim
# Engine of the settings: modsecurity, or none for a base that brings its own NGINX.
ARG ENGINE=modsecurity

# A tmpfs over /var/lib/wallguard belongs to root and takes over the mode that the folder has here.
FROM ${BASE} AS runtime
ARG ENGINE
USER root
RUN set -eu; \
    modules=/usr/lib/nginx/modules; \
    if ! command -v nginx > /dev/null; then \
        packages='nginx libnginx-mod-http-js'; \
        if [ "$ENGINE" = modsecurity ]; then packages="$packages libnginx-mod-http-modsecurity modsecurity-crs"; fi; \
        apt-get update; \
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages; \
        rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* /var/log/apt /var/log/dpkg.log; \
    elif [ ! -e "$modules/ngx_http_js_module.so" ]; then \
        echo 'The base image has an NGINX without njs: choose one with it, such as nginx:1.29, or a plain Debian.' >&2; exit 1; \
    elif [ "$ENGINE" = modsecurity ] && [ ! -e "$modules/ngx_http_modsecurity_module.so" ]; then \
        echo 'The base image has an NGINX without ModSecurity: build with --build-arg ENGINE=none, or on a plain Debian.' >&2; exit 1; \
    fi; \
    rm -f /etc/nginx/conf.d/default.conf; \
    groupadd --gid 10001 wallguard; \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/wallguard --shell /usr/sbin/nologin wallguard; \
    install -d -m 1777 /var/lib/wallguard
COPY docker/wallguard-entrypoint docker/wallguard-health docker/wallguard-rotate /usr/local/bin/

# Tests the configuration as the user who will run it, in a stage of its own: nginx -t leaves files behind.
FROM runtime AS configuration
ARG ENGINE
COPY docker/nginx.conf docker/demo-app.conf /etc/nginx/
COPY dist/image/${ENGINE}/ /etc/nginx/
USER 10001:10001
RUN UPSTREAM=http://127.0.0.1:3000 wallguard-entrypoint nginx -t -e stderr \
    && nginx -t -e stderr -c /etc/nginx/demo-app.conf

FROM runtime
LABEL org.opencontainers.image.title="wallguard" \
      org.opencontainers.image.description="NGINX with a WAF engine, a blocking page, a guarded statistics service and telemetry" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=configuration /etc/nginx/ /etc/nginx/
# A number, so that an orchestrator can tell that it is not root.
USER 10001:10001
EXPOSE 8080
# Graceful: NGINX finishes what it has accepted.
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["wallguard-health"]
ENTRYPOINT ["wallguard-entrypoint"]
CMD ["nginx", "-e", "stderr", "-g", "daemon off;"]
