"""The page is served to this machine alone."""

import http.client
import threading

import pytest

from triceptron.lesson import LessonServer


@pytest.fixture
def server():
    with LessonServer("<!doctype html><title>x</title>") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, method="GET", path="/", host=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_it_listens_on_the_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/"


def test_the_page_is_at_the_root(server):
    answer, body = ask(server)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert body == b"<!doctype html><title>x</title>"
    assert ask(server, host=f"localhost:{server.server_port}")[0].status == 200


def test_another_host_gets_nothing(server):
    for host in ("elsewhere.example", "127.0.0.1", "127.0.0.1:1", ""):
        answer, body = ask(server, host=host)
        assert answer.status == 421
        assert b"<title>x" not in body


def test_only_get_of_the_root_is_answered(server):
    assert ask(server, path="/etc/passwd")[0].status == 404
    for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        assert ask(server, method)[0].status == 501


def test_a_port_in_use_is_told(server):
    with pytest.raises(OSError, match=f"port {server.server_port} cannot be had .* name another, or 0"):
        LessonServer("", server.server_port)
