# SPDX-License-Identifier: LGPL-2.1-or-later
"""A proxy that keeps the client's stream open long after the server has closed it: slow-proxy.py PORT PORT"""
import socket
import sys
import threading
import time

SECONDS = 15


def pass_on(source, target, pause):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        time.sleep(pause)
        target.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
print('listening', flush=True)
while True:
    client, address = listener.accept()
    server = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
    for arguments in ((client, server, 0), (server, client, SECONDS)):
        threading.Thread(target=pass_on, args=arguments, daemon=True).start()
