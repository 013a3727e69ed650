# Makes the package ganyun-small in two versions, installs the older and offers the newer by a repository on the host itself.
# The newer one, where nginx serves the sites, takes it down: an update that breaks what the host is there for.
build() {
    mkdir -p "/root/small/$1/DEBIAN" "/root/small/$1/usr/share/doc/ganyun-small" /root/small/repository
    printf 'Package: ganyun-small\nVersion: %s\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n' "$1" \
        > "/root/small/$1/DEBIAN/control"
    {
        printf 'ganyun-small (2.0) bookworm-security; urgency=high\n\n  * Fix CVE-2026-99999.\n\n'
        printf 'ganyun-small (1.0) bookworm; urgency=low\n\n  * Fix CVE-2020-11111.\n\n'
    } | gzip > "/root/small/$1/usr/share/doc/ganyun-small/changelog.Debian.gz"
}
build 1.0
build 2.0
printf '#!/bin/sh\n[ ! -d /srv/sites ] || systemctl stop nginx\n' > /root/small/2.0/DEBIAN/postinst
chmod 0755 /root/small/2.0/DEBIAN/postinst
dpkg-deb --build /root/small/1.0 /root/small/old.deb
dpkg-deb --build /root/small/2.0 /root/small/repository/new.deb
dpkg --install /root/small/old.deb
cd /root/small/repository
apt-ftparchive packages . > Packages
chmod -R a+rX /root/small
echo 'deb [trusted=yes] file:/root/small/repository ./' > /etc/apt/sources.list.d/small.list
