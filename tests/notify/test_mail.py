"""Mail to a real server of SMTP."""

import email
import shutil
import ssl
import subprocess
from email import policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.value import Secret
from jobrunner.notify import mail
from jobrunner.notify.mail import Mail, send, written
from jobrunner.notify.message import NotifyError
from tests.notify.receiver import closed_port, make_message, silent


class Postbox:
    """What a server got; `refuses` answers each recipient."""

    def __init__(self):
        self.got = []
        self.refuses = {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.got.append((session.auth_data, envelope))
        return "250 OK"


@pytest.fixture
def postbox():
    return Postbox()


@pytest.fixture
def serve(postbox):
    running = []

    def start(**options):
        controller = Controller(postbox, hostname="127.0.0.1", port=closed_port(), **options)
        running.append(controller)
        controller.start()
        return controller.port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    if not shutil.which("openssl"):
        pytest.skip("makes its certificate with openssl: apt-get install openssl")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert"
    )
    subprocess.run(command.split(), check=True, capture_output=True, cwd=folder)
    return folder


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    return context


@pytest.fixture
def trusting(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))


def way(port, **changes):
    values = {"to": ("ops@example.com",), "sender": "jobrunner@web-1", "host": "127.0.0.1"}
    return Mail(**(values | {"port": port} | changes))


def refusal(way):
    with pytest.raises(NotifyError) as refused:
        send(way, make_message())
    return refused.value


def test_the_message_arrives_as_mail(serve, postbox):
    assert send(way(serve()), make_message()) == "127.0.0.1 took it"
    ((_, envelope),) = postbox.got
    letter = email.message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["ops@example.com"]
    assert letter["Subject"] == "[web-1] backup failed: exit 1"
    assert letter["Message-ID"] == "<01935c1e-6d0a-7b4c-9f0e-3f1f0f6a2b11@jobrunner.invalid>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "run #1284, on web-1" in letter.get_content()


def test_everybody_gets_it(serve, postbox):
    send(way(serve(), to=("a@example.com", "b@example.com")), make_message())
    assert postbox.got[0][1].rcpt_tos == ["a@example.com", "b@example.com"]


def test_who_is_refused_is_told_and_the_others_get_it(serve, postbox):
    postbox.refuses = {"b@example.com": "550 unknown"}
    said = send(way(serve(), to=("a@example.com", "b@example.com")), make_message())
    assert said == "127.0.0.1 took it, not for b@example.com"


@pytest.mark.parametrize(("answer", "permanent"), [("450 later", False), ("550 never", True)])
def test_a_server_that_takes_it_for_nobody_is_tried_again_if_it_says_so(
    serve, postbox, answer, permanent
):
    postbox.refuses = {"ops@example.com": answer}
    assert refusal(way(serve())).permanent is permanent


def _sign_in(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=data.password == b"open sesame", handled=False, auth_data=data)


def test_a_password_goes_over_tls(serve, postbox, tls, trusting):
    port = serve(tls_context=tls, authenticator=_sign_in, auth_required=True)
    signed_in = way(port, user="ann", password=Secret("open sesame"))
    assert send(signed_in, make_message()) == "127.0.0.1 took it"
    assert postbox.got[0][0].password == b"open sesame"


def test_a_wrong_password_is_told_and_not_shown(serve, tls, trusting):
    port = serve(tls_context=tls, authenticator=_sign_in, auth_required=True)
    refused = refusal(way(port, user="ann", password=Secret("hush")))
    assert (str(refused), refused.permanent) == ("127.0.0.1 refuses the password (535)", False)


def test_a_password_is_not_sent_in_the_clear_to_another_host(serve, monkeypatch):
    monkeypatch.setattr(mail, "_is_here", lambda _: False)
    told = str(refusal(way(serve(), user="ann", password=Secret("hush"))))
    assert told == "127.0.0.1 offers no encryption: the password is not sent to it"


def test_a_server_whose_certificate_is_not_known_is_not_trusted(serve, tls):
    told = str(refusal(way(serve(tls_context=tls))))
    assert "certificate is not to be trusted" in told


def test_starttls_can_be_insisted_on(serve):
    told = str(refusal(way(serve(), tls="starttls")))
    assert told == "127.0.0.1 does not offer STARTTLS (smtp_tls)"


def test_a_server_that_says_nothing_is_left(monkeypatch):
    monkeypatch.setattr(mail, "TIMEOUT", 0.05)
    with silent() as port:
        assert str(refusal(way(port))) == "127.0.0.1: no answer in time"


def test_a_server_that_is_not_there_is_told():
    assert str(refusal(way(closed_port()))) == "127.0.0.1: Connection refused"


@given(st.text(), st.text())
def test_any_text_can_be_mailed_and_none_adds_a_header(title, text):
    letter = written(way(25), make_message(title=title, text=text))
    again = email.message_from_bytes(letter.as_bytes(), policy=policy.default)
    assert sorted(again.keys()) == sorted(letter.keys())
    assert again["To"] == "ops@example.com"
