"""What a process tells Prometheus, read as Prometheus reads it."""

import contextlib
import http.client

from prometheus_client.parser import text_string_to_metric_families


def request(port, method="GET", path="/metrics", host="127.0.0.1"):
    """(status, headers, text)."""
    connection = http.client.HTTPConnection(host, port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def families(port):
    status, _, text = request(port)
    assert status == 200
    return list(text_string_to_metric_families(text))


def value(port, name, **labels):
    """None if it is not there."""
    for family in families(port):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None
