"""Anchors, chains, revocation lists, SRMs, and what is issued for tests."""

from __future__ import annotations

import json
import pathlib
import stat
from typing import Callable

import pytest

import copp


@pytest.fixture
def anchor(vectors: pathlib.Path) -> copp.Anchor:
    return copp.Anchor.read(vectors / "root-modulus.b64")


def test_a_good_chain(vectors: pathlib.Path, anchor: copp.Anchor) -> None:
    with copp.Chain.read(vectors / "chain-good.xml", anchor) as chain:
        assert chain.data == (vectors / "chain-good.xml").read_bytes()
        assert [certificate.purpose for certificate in chain.certificates][0] == "encrypt copp"
        assert len({certificate.digest for certificate in chain.certificates}) == 3
    with pytest.raises(copp.ClosedError):
        chain.certificates  # pylint: disable=pointless-statement


def test_each_bad_chain_names_its_rule(vectors: pathlib.Path, anchor: copp.Anchor) -> None:
    bad = sorted(vectors.glob("chain-bad-*.xml"))
    assert len(bad) > 20
    for path in bad:
        with pytest.raises(copp.CoppError) as refused:
            copp.Chain.read(path, anchor)
        assert refused.value.result is copp.Result.INVALID, path
        assert refused.value.rule.startswith("CERT-"), path
        assert refused.value.rule in str(refused.value)


def test_the_certificate_at_fault(vectors: pathlib.Path, anchor: copp.Anchor) -> None:
    with pytest.raises(copp.CoppError) as refused:
        copp.Chain.read(vectors / "chain-bad-ihv-bad-signature.xml", anchor)
    assert (refused.value.rule, refused.value.certificate) == ("CERT-11", 1)


def test_chains_of_both_protocols(copp_hierarchy: copp.Hierarchy) -> None:
    with copp_hierarchy.chain as chain:
        assert chain.certificates[0].subject == "pytest driver"
    with copp.Chain(copp_hierarchy.opm_chain_bytes, copp_hierarchy.opm_anchor) as opm:
        assert [one.purpose for one in opm.certificates] == ["leaf", "root"]
    with pytest.raises(copp.CoppError):
        copp.Chain(copp_hierarchy.opm_chain_bytes, copp_hierarchy.anchor)
    with pytest.raises(copp.CoppError):
        copp.Chain(copp_hierarchy.chain_bytes, copp_hierarchy.opm_anchor)
    with pytest.raises(copp.CoppError) as refused:
        copp.Chain(copp_hierarchy.opm_chain_bytes, copp_hierarchy.opm_anchor, purpose="1.2.3")
    assert refused.value.rule == "OPM-CERT-8"


def test_an_anchor_is_one(tmp_path: pathlib.Path) -> None:
    (tmp_path / "anchor").write_bytes(b"nonsense")
    with pytest.raises(copp.CoppError, match="not an anchor; give a public key"):
        copp.Anchor.read(tmp_path / "anchor")
    with pytest.raises(FileNotFoundError):
        copp.Anchor.read(tmp_path / "nothing")


def test_a_revoked_chain(vectors: pathlib.Path, anchor: copp.Anchor) -> None:
    with copp.Chain.read(vectors / "chain-good.xml", anchor) as chain:
        with copp.RevocationList((vectors / "crl-v7-empty.bin").read_bytes(), anchor) as empty:
            assert (empty.version, empty.digests) == (7, [])
            empty.check(chain)
        with copp.RevocationList((vectors / "crl-v8-leaf-revoked.bin").read_bytes(), anchor) as revoking:
            assert chain.certificates[0].digest in revoking.digests
            with pytest.raises(copp.CoppError) as revoked:
                revoking.check(chain)
            assert (revoked.value.result, revoked.value.rule, revoked.value.certificate) == (copp.Result.REVOKED, "CRL-4", 0)


@pytest.mark.parametrize("name", ["crl-bad-root.bin", "crl-bad-signature.bin", "crl-bad-truncated.bin", "crl-bad-usage.bin"])
def test_a_bad_list(vectors: pathlib.Path, anchor: copp.Anchor, name: str) -> None:
    with pytest.raises(copp.CoppError) as refused:
        copp.RevocationList((vectors / name).read_bytes(), anchor)
    assert refused.value.rule.startswith("CRL-")


def test_a_stored_list_never_goes_back(vectors: pathlib.Path, anchor: copp.Anchor, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "list"
    with pytest.raises(copp.CoppError) as missing:
        copp.RevocationList.load(path, anchor)
    assert missing.value.result is copp.Result.NOT_FOUND
    copp.RevocationList.store(path, (vectors / "crl-v8-leaf-revoked.bin").read_bytes(), anchor)
    with pytest.raises(copp.CoppError) as older:
        copp.RevocationList.store(path, (vectors / "crl-v7-empty.bin").read_bytes(), anchor)
    assert older.value.result is copp.Result.ROLLBACK
    with copp.RevocationList.load(path, anchor) as stored:
        assert stored.version == 8


def test_lists_of_revoked_displays(vectors: pathlib.Path) -> None:
    with copp.Srm.read(vectors / "srm-facsimile.bin", key="facsimile") as srm:
        assert srm.hdcp == 1
        assert srm.entries and srm.revokes(srm.entries[0])
        assert not srm.revokes(b"\x0f" * 5)
        with pytest.raises(copp.CoppError):
            srm.revokes(b"")
    facsimile = (vectors / "srm-facsimile-public.pem").read_bytes()
    with copp.Srm.read(vectors / "srm-facsimile.bin", key=facsimile) as again:
        assert again.version >= 1
    with pytest.raises(copp.CoppError) as refused:
        copp.Srm.read(vectors / "srm-facsimile.bin")
    assert refused.value.rule.startswith("SRM-")
    with pytest.raises(copp.CoppError, match="production, facsimile"):
        copp.Srm.read(vectors / "srm-facsimile.bin", key="nobody's")


# --- in sessions ---


def test_a_session_refuses_a_revoked_driver(copp_adapter: copp.Adapter) -> None:
    hierarchy = copp_adapter.hierarchy
    with hierarchy.chain as chain:
        leaf = chain.certificates[0].digest
    with copp.RevocationList(hierarchy.issue_revocation_list(1, [leaf]), hierarchy.anchor) as revoking:
        with pytest.raises(copp.CoppError) as refused:
            copp_adapter.connect("HDMI-1", revocations=[revoking])
        assert (refused.value.result, refused.value.rule) == (copp.Result.REVOKED, "CRL-4")


def test_a_list_that_comes_later(copp_adapter: copp.Adapter) -> None:
    hierarchy = copp_adapter.hierarchy
    with hierarchy.chain as chain:
        leaf = chain.certificates[0].digest
    empty = copp.RevocationList(hierarchy.issue_revocation_list(1), hierarchy.anchor)
    revoking = copp.RevocationList(hierarchy.issue_revocation_list(2, [leaf]), hierarchy.anchor)
    with empty, revoking, copp_adapter.connect("HDMI-1", revocations=[empty]) as session:
        empty.close()  # the session still has it
        assert session.protect(hdcp=1).protected
        with pytest.raises(copp.CoppError) as refused:
            session.set_lists(revocations=[revoking])
        assert refused.value.result is copp.Result.REVOKED
        assert not session.protected
        with pytest.raises(copp.ProtectionLost) as lost:
            session.look()
        assert lost.value.stop is copp.Stop.DRIVER_REVOKED


def test_a_revoked_display(copp_adapter: copp.Adapter, vectors: pathlib.Path) -> None:
    with copp.Srm.read(vectors / "srm-facsimile.bin", key="facsimile") as srm:
        valid = next(entry for entry in srm.entries if sum(byte.bit_count() for byte in entry) == 20)
        with copp_adapter.connect("HDMI-1", srms=[srm]) as session:
            assert session.protect(hdcp=1).protected
            copp_adapter.event(f"ksv HDMI-1 {valid.hex()}")
            with pytest.raises(copp.ProtectionLost) as lost:
                session.look()
            assert lost.value.stop is copp.Stop.REVOKED


def test_an_opm_driver_judges_by_the_srm(copp_hierarchy: copp.Hierarchy, vectors: pathlib.Path) -> None:
    with copp.Adapter(hierarchy=copp_hierarchy, srm_keys="facsimile") as adapter:
        with copp.Srm.read(vectors / "srm-facsimile.bin", key="facsimile") as srm:
            with adapter.connect("HDMI-1", semantics=copp.Semantics.OPM, srms=[srm]) as session:
                assert session.protect(hdcp=1).protected
                with pytest.raises(copp.CoppError, match="OPM judges"):
                    session.set_lists()
    with copp.Adapter(hierarchy=copp_hierarchy) as other, copp.Srm.read(vectors / "srm-facsimile.bin", key="facsimile") as srm:
        with other.connect("HDMI-1", semantics=copp.Semantics.OPM, srms=[srm]) as session:
            with pytest.raises(copp.ProtectionLost):  # this driver does not know the key
                session.protect(hdcp=1)


# --- issued ---


def test_keys_are_files_of_their_owner(copp_hierarchy: copp.Hierarchy, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "leaf.pem"
    copp_hierarchy.leaf.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        copp_hierarchy.leaf.save(path)
    with copp.PrivateKey(str(path)) as again:
        assert again.public_pem == copp_hierarchy.leaf.public_pem
    with pytest.raises(copp.ClosedError):
        again.save(tmp_path / "other.pem")
    with pytest.raises(copp.CoppError) as missing:
        copp.PrivateKey(str(tmp_path / "nothing"))
    assert missing.value.result is copp.Result.NOT_FOUND


def test_another_tool_agrees(copp_hierarchy: copp.Hierarchy, tmp_path: pathlib.Path) -> None:
    """The vectors' description lists what is wrong with each of them: the good one is in it."""
    described = json.dumps(json.loads((pathlib.Path(__file__).parents[2] / "vectors/chains.json").read_text(encoding="utf-8")))
    assert "chain-good.xml" in described
    (tmp_path / "root.pem").write_bytes(copp_hierarchy.root.public_pem)
    anchor = copp.Anchor.read(tmp_path / "root.pem")
    with copp.Chain(copp_hierarchy.chain_bytes, anchor):
        pass


def test_what_does_not_fit_is_said_with_its_own_remedy(copp_hierarchy: copp.Hierarchy, tmp_path: pathlib.Path) -> None:
    with pytest.raises(copp.CoppError, match="the list does not exist; store one first") as missing:
        copp.RevocationList.load(tmp_path / "revocation.crl", copp_hierarchy.anchor)
    assert missing.value.result is copp.Result.NOT_FOUND
    data, opm_anchor = copp_hierarchy.issue_revocation_list(1), copp_hierarchy.opm_anchor
    uses: list[Callable[[], object]] = [
        lambda: copp.RevocationList(data, opm_anchor),
        lambda: copp.RevocationList.store(tmp_path / "revocation.crl", data, opm_anchor),
    ]
    for use in uses:
        with pytest.raises(copp.CoppError, match="for drivers of COPP; give a public key as the anchor"):
            use()
    with pytest.raises(copp.CoppError, match="the key is not found; name a file"):
        copp.PrivateKey(f"{tmp_path}/nothing.pem")
    with pytest.raises(copp.CoppError, match="a key has 1024 or 2048 bits, not 77"):
        copp.PrivateKey(bits=77)
    reads: list[Callable[[], object]] = [lambda: copp.RevocationList(b"x", copp_hierarchy.anchor), lambda: copp.Srm(b"x")]
    for read in reads:
        with pytest.raises(copp.CoppError) as torn:
            read()
        subjects = str(torn.value).split(": ")
        assert len(subjects) == 2, subjects  # what it is about is said once
