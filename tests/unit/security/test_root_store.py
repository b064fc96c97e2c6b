"""InstallCertificate, DeleteCertificate and GetInstalledCertificateIds as the store decides them."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.security.certificate_hash import HashAlgorithm, hash_of
from chargepoint.security.keystore import FileKeyStore
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootRules, RootStore, RootUse
from unit.security.authority import NOW, Issued, Period, authority, leaf, name

ACCEPTED, REJECTED, FAILED = InstallOutcome.ACCEPTED, InstallOutcome.REJECTED, InstallOutcome.FAILED
OPEN = RootRules()
STRICT = RootRules(replaces_signed_only=True)


def store_in(path: Path, rules: RootRules = OPEN, provided: tuple[Issued, ...] = ()) -> RootStore:
    return RootStore(FileKeyStore(path / "keys"), rules, lambda: [each.certificate for each in provided])


def install(store: RootStore, root: Issued, use: RootUse = RootUse.CSMS) -> InstallOutcome:
    return store.install(use, root.pem, NOW)[0]


@pytest.mark.requirement("M05.FR.01", "M05.FR.02", "M03.FR.03", "M03.FR.04")
def test_m05_fr_02_a_root_is_installed_for_its_use_and_survives_a_restart(tmp_path: Path) -> None:
    root, maker = authority("Root"), authority("Maker")
    assert install(store_in(tmp_path), root) is ACCEPTED
    assert install(store_in(tmp_path), maker, RootUse.MANUFACTURER) is ACCEPTED
    store = store_in(tmp_path)
    assert store.trusted(RootUse.CSMS) == (root.certificate,)
    assert store.hashes(RootUse.CSMS) == (hash_of(root.certificate, root.certificate),)
    assert store.hashes(RootUse.MANUFACTURER) == (hash_of(maker.certificate, maker.certificate),)
    assert install(store, root) is ACCEPTED
    assert store.count() == 2


@pytest.mark.requirement("M05.FR.06")
def test_m05_fr_06_what_is_no_usable_root_is_rejected(tmp_path: Path) -> None:
    store, root = store_in(tmp_path), authority()
    old = authority(period=Period(NOW - timedelta(9), NOW - timedelta(1)))
    future = authority(period=Period(NOW + timedelta(1), NOW + timedelta(9)))
    for pem in ("rubbish", "", root.pem + root.pem, old.pem, future.pem):
        assert store.install(RootUse.CSMS, pem, NOW)[0] is REJECTED
    assert install(store, leaf(root, name("csms.example"))) is REJECTED
    assert install(store, authority("Middle", root)) is REJECTED
    assert store.count() == 0


@pytest.mark.requirement("M05.FR.03")
def test_m05_fr_03_a_full_store_rejects(tmp_path: Path) -> None:
    store, first = store_in(tmp_path, RootRules(most_certificates=2)), authority()
    assert install(store, first) is ACCEPTED
    assert install(store, authority(), RootUse.MANUFACTURER) is ACCEPTED
    outcome, why = store.install(RootUse.CSMS, authority().pem, NOW)
    assert outcome is REJECTED
    assert "delete one" in why
    assert install(store, first) is ACCEPTED


@pytest.mark.requirement("M05.FR.04")
def test_m05_fr_04_a_disk_that_fails_is_failed(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    store = store_in(tmp_path)
    (tmp_path / "keys").rmdir()
    (tmp_path / "keys").write_text("in the way")
    assert install(store, authority()) is FAILED


@pytest.mark.requirement("M04.FR.02", "M04.FR.04")
@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_m04_fr_02_a_root_is_deleted_by_any_algorithm(tmp_path: Path, algorithm: HashAlgorithm) -> None:
    store, root = store_in(tmp_path), authority()
    wanted = hash_of(root.certificate, root.certificate, algorithm)
    assert store.delete(wanted) is DeleteOutcome.NOT_FOUND
    install(store, root)
    assert store.delete(wanted) is DeleteOutcome.ACCEPTED
    assert store.hashes(RootUse.CSMS) == ()


@pytest.mark.requirement("M04.FR.06")
def test_m04_fr_06_the_root_of_the_present_connection_stays(tmp_path: Path) -> None:
    store, used, unused = store_in(tmp_path), authority("Used"), authority("Unused")
    shown = [leaf(used, name("csms.example")).certificate]
    for root in (used, unused):
        install(store, root)
    assert store.delete(hash_of(used.certificate, used.certificate), shown) is DeleteOutcome.FAILED
    assert store.delete(hash_of(unused.certificate, unused.certificate), shown) is DeleteOutcome.ACCEPTED
    assert store.trusted(RootUse.CSMS) == (used.certificate,)


@pytest.mark.requirement("M05.FR.08", "M05.FR.09", "M05.FR.10", "M05.FR.11", "M05.FR.12")
class TestAdditionalRootCertificateCheck:
    def test_m05_fr_10_a_stranger_is_rejected(self, tmp_path: Path) -> None:
        store = store_in(tmp_path, STRICT)
        assert install(store, authority("First")) is ACCEPTED
        assert install(store, authority("Stranger")) is REJECTED
        assert len(store.trusted(RootUse.CSMS)) == 1
        assert store.fallback() == ()

    def test_m05_fr_11_and_12_the_old_root_stays_until_the_new_one_has_worked(self, tmp_path: Path) -> None:
        store = store_in(tmp_path, STRICT)
        old = authority("Old")
        new = authority("New", old)
        install(store, old)
        assert install(store, new) is ACCEPTED
        assert store.trusted(RootUse.CSMS) == (new.certificate,)
        assert store.fallback() == (old.certificate,)
        kept = hash_of(old.certificate, old.certificate)
        assert store.hashes(RootUse.CSMS) == (hash_of(new.certificate, old.certificate), kept)
        shown = [leaf(old, name("csms.example")).certificate]
        assert store.delete(kept, shown) is DeleteOutcome.FAILED, "it verifies this connection"
        store.forget_fallback()
        restarted = store_in(tmp_path, STRICT)
        assert restarted.fallback() == ()
        assert restarted.hashes(RootUse.CSMS) == (hash_of(new.certificate, old.certificate),)
        newest = authority("Newest", new)
        assert install(restarted, newest) is ACCEPTED
        assert restarted.trusted(RootUse.CSMS) == (newest.certificate,)

    def test_m05_fr_09_the_root_from_the_file_is_replaced_only_by_one_it_signed(self, tmp_path: Path) -> None:
        provided = authority("Provided")
        store = store_in(tmp_path, STRICT, (provided,))
        assert store.trusted(RootUse.CSMS) == (provided.certificate,)
        assert install(store, authority("Stranger")) is REJECTED
        new = authority("New", provided)
        assert install(store, new) is ACCEPTED
        assert store.trusted(RootUse.CSMS) == (new.certificate,)
        assert store.fallback() == (provided.certificate,)

    def test_a_replacement_that_never_worked_gives_way_and_what_worked_stays_the_fallback(self, tmp_path: Path) -> None:
        """Else a second replacement would lock the station out of a CSMS that shows the first root all along."""
        store = store_in(tmp_path, STRICT)
        old = authority("Old")
        new = authority("New", old)
        newest = authority("Newest", new)
        for each in (old, new, newest):
            assert install(store, each) is ACCEPTED
        assert store.trusted(RootUse.CSMS) == (newest.certificate,)
        assert store.fallback() == (old.certificate,)

    def test_what_a_deleted_replacement_was_to_replace_is_in_force_again(self, tmp_path: Path) -> None:
        store = store_in(tmp_path, STRICT)
        old = authority("Old")
        new = authority("New", old)
        for each in (old, new):
            install(store, each)
        shown = [leaf(old, name("csms.example")).certificate]
        assert store.delete(hash_of(new.certificate, old.certificate), shown) is DeleteOutcome.ACCEPTED
        assert store.trusted(RootUse.CSMS) == (old.certificate,)
        assert store.fallback() == ()

    def test_the_root_from_the_file_is_listed_until_it_is_replaced_and_never_deleted(self, tmp_path: Path) -> None:
        provided = authority("Provided")
        store = store_in(tmp_path, STRICT, (provided,))
        own = hash_of(provided.certificate, provided.certificate)
        assert store.hashes(RootUse.CSMS) == (own,)
        assert store.delete(own) is DeleteOutcome.FAILED
        new = authority("New", provided)
        install(store, new)
        store.forget_fallback()
        assert store.hashes(RootUse.CSMS) == (hash_of(new.certificate, provided.certificate),)
        assert store.delete(own) is DeleteOutcome.NOT_FOUND

    def test_roots_that_came_before_the_check_do_not_put_the_file_s_out_of_force(self, tmp_path: Path) -> None:
        """A station whose check is turned on later still believes the CSMS that it has always believed."""
        provided, spare = authority("Provided"), authority("Spare")
        assert install(store_in(tmp_path, OPEN, (provided,)), spare) is ACCEPTED
        checked = store_in(tmp_path, STRICT, (provided,))
        assert set(checked.trusted(RootUse.CSMS)) == {provided.certificate, spare.certificate}
        new = authority("New", provided)
        assert install(checked, new) is ACCEPTED
        assert checked.trusted(RootUse.CSMS) == (new.certificate,)
        assert set(checked.fallback()) == {provided.certificate, spare.certificate}

    def test_a_root_that_an_installer_writes_into_the_file_afterwards_counts(self, tmp_path: Path) -> None:
        provided, brought = authority("Provided"), authority("Brought by hand")
        new = authority("New", provided)
        assert install(store_in(tmp_path, STRICT, (provided,)), new) is ACCEPTED
        store = store_in(tmp_path, STRICT, (brought,))
        assert set(store.trusted(RootUse.CSMS)) == {brought.certificate, new.certificate}

    def test_the_manufacturers_roots_are_not_bound_by_it(self, tmp_path: Path) -> None:
        store = store_in(tmp_path, STRICT)
        for root in (authority("A"), authority("B")):
            assert install(store, root, RootUse.MANUFACTURER) is ACCEPTED


@pytest.mark.parametrize("rules", [OPEN, STRICT])
def test_the_systems_root_that_led_to_the_csms_serves_until_the_first_installed_one_has_worked(
    tmp_path: Path, rules: RootRules
) -> None:
    store, public, first = store_in(tmp_path, rules), authority("Public"), authority("First")
    assert store.install(RootUse.CSMS, first.pem, NOW, public.certificate)[0] is ACCEPTED
    assert store.trusted(RootUse.CSMS) == (first.certificate,)
    assert store.fallback() == (public.certificate,)
    assert store.hashes(RootUse.CSMS) == (hash_of(first.certificate, first.certificate),)
    assert store.count() == 1
    assert store.delete(hash_of(first.certificate, first.certificate)) is DeleteOutcome.ACCEPTED
    assert store.trusted(RootUse.CSMS) == (), "the system's roots are in force again, all of them"
    assert store.fallback() == ()
    assert store.install(RootUse.CSMS, public.pem, NOW, public.certificate)[0] is ACCEPTED
    assert store.fallback() == (), "it is the one that leads there"


def test_a_damaged_entry_is_not_trusted(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    install(store, authority())
    (path,) = (tmp_path / "keys").iterdir()
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert store.trusted(RootUse.CSMS) == ()
