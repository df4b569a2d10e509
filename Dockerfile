# syntax=docker/dockerfile:1
FROM node:22-alpine AS client
WORKDIR /e2e
COPY e2e/package.json e2e/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM node:22-alpine AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web ./
RUN npm run build

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/server/console/dist server/console/dist
ARG VERSION=dev
ARG COMMIT=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X github.com/relevo/relevo/server.version=$VERSION -X github.com/relevo/relevo/server.commit=$COMMIT" \
      -o /out/relevo ./cmd/relevo \
 && mkdir -p /out/data /out/tmp && chmod 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/tmp /tmp
COPY --from=client /e2e/node_modules/socket.io-client-4.5.4/dist /usr/share/relevo/client
COPY --from=build /out/relevo /relevo
ENV RELEVO_DATA_DIR=/data \
    RELEVO_LOG_FORMAT=json \
    RELEVO_SOCKET_CLIENT_DIR=/usr/share/relevo/client
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["/relevo", "health"]
ENTRYPOINT ["/relevo"]
CMD ["serve"]
