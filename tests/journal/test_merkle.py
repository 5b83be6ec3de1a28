"""The Merkle tree against the recursive words of RFC 6962, and its proofs against every forgery we can make."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.journal import merkle

LEAVES = st.lists(st.binary(max_size=4).map(merkle.leaf_hash), max_size=40)


def mth(leaves):
    """RFC 6962 section 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m, leaves):
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def test_published_vectors():
    """Leaves and roots of the reference implementation's test data (certificate-transparency, merkletree tests)."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    leaves = [merkle.leaf_hash(bytes.fromhex(i)) for i in inputs]
    assert [merkle.root(leaves[: n + 1]).hex() for n in range(8)] == roots


@given(LEAVES)
def test_root_is_the_rfc_root(leaves):
    assert merkle.root(leaves) == mth(leaves)


@given(LEAVES, st.integers(0, 40))
def test_frontier_goes_on_from_its_bytes(leaves, cut):
    one = merkle.Frontier()
    for leaf in leaves[:cut]:
        one.append(leaf)
    two = merkle.Frontier.from_bytes(one.size, one.to_bytes())
    for leaf in leaves[cut:]:
        two.append(leaf)
    assert two.root() == mth(leaves)


def test_frontier_refuses_a_wrong_number_of_roots():
    with pytest.raises(ValueError, match="subtree roots"):
        merkle.Frontier(3, [b"x" * 32])


@given(LEAVES.filter(bool), st.data())
def test_inclusion(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, index)
    assert proof == path(index, leaves)
    assert merkle.root_from_inclusion(leaves[index], index, len(leaves), proof) == mth(leaves)
    root = mth(leaves)
    forged = merkle.leaf_hash(b"forged")
    assert merkle.root_from_inclusion(forged, index, len(leaves), proof) != root
    assert merkle.root_from_inclusion(leaves[index], index, len(leaves), [*proof, forged]) != root
    if proof:
        assert merkle.root_from_inclusion(leaves[index], index, len(leaves), proof[:-1]) != root
        place = data.draw(st.integers(0, len(proof) - 1))
        assert (
            merkle.root_from_inclusion(leaves[index], index, len(leaves), [*proof[:place], forged, *proof[place + 1 :]]) != root
        )


@given(LEAVES, st.data())
def test_consistency(leaves, data):
    old = data.draw(st.integers(0, len(leaves)))
    proof = merkle.consistency_proof(leaves, old)
    old_root, new_root = mth(leaves[:old]), mth(leaves)
    assert merkle.is_consistent(old, len(leaves), old_root, new_root, proof)
    forged = merkle.leaf_hash(b"forged")
    assert not merkle.is_consistent(old, len(leaves), forged, new_root, proof)
    assert not merkle.is_consistent(old, len(leaves), old_root, new_root, [*proof, forged])
    if 0 < old < len(leaves):
        assert not merkle.is_consistent(old, len(leaves), old_root, forged, proof)
        assert not merkle.is_consistent(old, len(leaves), old_root, new_root, proof[:-1])


@pytest.mark.parametrize("index", [-1, 3])
def test_outside_the_tree(index):
    leaves = [merkle.leaf_hash(b"a")] * 3
    with pytest.raises(IndexError):
        merkle.inclusion_proof(leaves, index)
    with pytest.raises(IndexError):
        merkle.consistency_proof(leaves, index if index < 0 else 4)
    assert merkle.root_from_inclusion(leaves[0], index, 3, []) is None
    assert not merkle.is_consistent(4, 3, leaves[0], leaves[0], [])
