# Two stages, parallel to `./dev setup && ./dev build tuned`. Build: docker build -t sluice .
FROM debian:12 AS build
WORKDIR /src
COPY . .
RUN ./dev build tuned

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libssl3 libyaml-cpp0.7 libprometheus-cpp-core1.0 libre2-9 libc-ares2 libsqlite3-0 libcurl4 \
      ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 65532 --no-create-home --shell /usr/sbin/nologin sluice
COPY --from=build /src/build/release/sluice /usr/local/bin/sluice
COPY deploy/examples/canary.yaml /etc/sluice/sluice.yaml
USER 65532
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=2s --start-period=2s \
  CMD ["/usr/local/bin/sluice", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/sluice"]
CMD ["run", "-c", "/etc/sluice/sluice.yaml"]
