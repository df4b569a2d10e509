"""Flask-SocketIO with eventlet. What every peer does, see ../../README.md."""
import eventlet

eventlet.monkey_patch()

import hashlib
import hmac
import os

import eventlet.wsgi
from flask import Flask, request
from flask_socketio import SocketIO, join_room, leave_room

SECRET = os.environ.get("SESSION_SECRET", "").encode()
SESSIONS = {f"token-{i}": i for i in range(int(os.environ.get("SESSIONS", "0")))}

app = Flask(__name__)
io = SocketIO(
    app,
    async_mode="eventlet",
    ping_interval=int(os.environ.get("PING_INTERVAL", "25000")) / 1000,
    ping_timeout=int(os.environ.get("PING_TIMEOUT", "20000")) / 1000,
)


def resolve(header):
    """The user of a session cookie "session=token.signature", or -1."""
    for part in header.split(";"):
        name, _, value = part.partition("=")
        if name.strip() != "session":
            continue
        token, _, signature = value.strip().rpartition(".")
        want = hmac.new(SECRET, token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, want):
            return -1
        return SESSIONS.get(token, -1)
    return -1


@io.on("connect")
def connect():
    if SESSIONS and resolve(request.headers.get("Cookie", "")) < 0:
        return False
    join_room("all")


@io.on("leave")
def leave():
    leave_room("all")
    return None


@io.on("bcast")
def bcast(n, size):
    io.emit("news", {"n": n, "pad": "x" * size}, to="all")


@io.on("echo")
def echo(message):
    return message


eventlet.wsgi.server(
    eventlet.listen(("127.0.0.1", int(os.environ["PORT"])), backlog=4096),
    app,
    max_size=20000,
    log_output=False,
)
