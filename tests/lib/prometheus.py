# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the monitoring port of a program. The text format of Prometheus is parsed strictly."""
import dataclasses
import http.client
import re
import urllib.parse

CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf'({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?\d+(?:\.\d+)?)')


@dataclasses.dataclass
class Family:
    name: str
    help: str
    type: str = ''
    samples: dict = dataclasses.field(default_factory=dict)
    """The value by the labels, as they are written."""


def request(url, path, method='GET', timeout=20):
    """Returns the status, the headers and the body of a response."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def parse(text):
    """Returns the families by name. Each has a HELP and a TYPE line, in this order, and then its samples."""
    families, family = {}, None
    assert text.endswith('\n') and '\n\n' not in text, text
    for line in text.splitlines():
        if match := re.fullmatch(rf'# HELP ({NAME}) (\S.*)', line):
            assert match[1] not in families, line
            family = families[match[1]] = Family(match[1], match[2])
        elif match := re.fullmatch(rf'# TYPE ({NAME}) (counter|gauge)', line):
            assert match[1] == family.name and not family.type and not family.samples, line
            family.type = match[2]
        else:
            match = SAMPLE.fullmatch(line)
            assert match and match[1] == family.name and family.type, line
            labels = match[2] or ''
            assert labels not in family.samples, line
            family.samples[labels] = float(match[3])
    for family in families.values():
        assert family.name.endswith('_total') == (family.type == 'counter'), family
    return families


def metrics(url):
    status, headers, text = request(url, '/metrics')
    assert status == 200 and headers['Content-Type'] == CONTENT_TYPE, (status, headers)
    return parse(text)
