#!/usr/bin/env python3
"""Takes webhooks and prints each as one line of JSON: path, headers in lower case, body.

usage: receiver.py PORT [STATUS...]      the first answers have these statuses, all others 204"""
import http.server
import json
import sys

statuses = [int(word) for word in sys.argv[2:]]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status = statuses.pop(0) if statuses else 204
        headers = {name.lower(): value for name, value in self.headers.items()}
        print(json.dumps({"status": status, "path": self.path, "headers": headers, "body": json.loads(body)}),
              flush=True)
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
