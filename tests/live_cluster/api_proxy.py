"""A proxy in front of a real API server that answers single requests itself, delays or drops them.

Plain HTTP on loopback to the client, TLS to the server; streams (exec) pass through.
"""

import json
import re
import socket
import ssl
import threading
import time

REASONS = {403: "Forbidden", 409: "Conflict", 429: "TooManyRequests", 500: "InternalError"}


class Rule:
    """What becomes of the first `times` requests whose line ("PATCH /apis/...") matches."""

    def __init__(self, pattern, action, times=1):
        self.pattern = re.compile(pattern)
        # An HTTP status, a body to answer with, "drop-request", "drop-answer", or seconds to wait.
        self.action = action
        self.left = times


class ApiProxy:
    def __init__(self, server_port, token):
        self.server_port = server_port
        self.token = token
        self.rules = []
        self.hits = []
        self.lines = []  # of every request
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context = ssl._create_unverified_context()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def close(self):
        self.listener.close()

    def rule_for(self, line):
        for rule in self.rules:
            if rule.left > 0 and rule.pattern.search(line):
                rule.left -= 1
                self.hits.append(line)
                return rule
        return None

    def serve(self, client):
        with client:
            try:
                self.serve_one(client)
            except (OSError, ValueError):
                pass  # the client has gone

    def serve_one(self, client):
        head, rest = self.read_head(client)
        if head is None:
            return
        line, *fields = head.split("\r\n")
        self.lines.append(line)
        rule = self.rule_for(line)
        if rule and rule.action == "drop-request":
            return
        length = next((int(field.split(":")[1]) for field in fields
                       if field.lower().startswith("content-length:")), 0)
        while len(rest) < length:
            rest += client.recv(65536)
        if rule and isinstance(rule.action, dict):
            client.sendall(self.answer(rule.action))
            return
        if rule and rule.action in REASONS:
            client.sendall(self.refusal(rule.action))
            return
        if rule and isinstance(rule.action, float):
            time.sleep(rule.action)
        with self.context.wrap_socket(
                socket.create_connection(("127.0.0.1", self.server_port))) as server:
            server.sendall(self.request(line, fields) + rest)
            if rule and rule.action == "drop-answer":
                server.recv(65536)  # it was carried out
                return
            self.pump(client, server)

    @staticmethod
    def read_head(client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return None, b""
            data += more
        head, rest = data.split(b"\r\n\r\n", 1)
        return head.decode(), rest

    def request(self, line, fields):
        upgrades = any(field.lower().startswith("upgrade:") for field in fields)
        kept = [field for field in fields
                if not field.lower().startswith(("authorization:", "accept-encoding:")) and
                (upgrades or not field.lower().startswith("connection:"))]
        kept.append(f"Authorization: Bearer {self.token}")
        if not upgrades:
            kept.append("Connection: close")
        return ("\r\n".join([line, *kept]) + "\r\n\r\n").encode()

    @staticmethod
    def answer(body):
        data = json.dumps(body).encode()
        return (f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}"
                "\r\nConnection: close\r\n\r\n").encode() + data

    @staticmethod
    def refusal(status):
        reason = REASONS[status]
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                           "reason": reason, "code": status,
                           "message": f"the proxy of this test says {reason}"}).encode()
        retry = "Retry-After: 0\r\n" if status == 429 else ""
        return (f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n{retry}"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body

    @staticmethod
    def pump(client, server):
        def copy(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            try:
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        up = threading.Thread(target=copy, args=(client, server), daemon=True)
        up.start()
        copy(server, client)
