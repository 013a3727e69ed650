"""What is known to be safe, and what a server has no use for: the audit's own lists, not those of the roles."""

from __future__ import annotations

import re

SAFE_CIPHER = re.compile(r"(aes(128|192|256)-(gcm@openssh\.com|ctr)|chacha20-poly1305@openssh\.com)")
SAFE_MAC = re.compile(r"hmac-sha2-(256|512)(-etm@openssh\.com)?")
SAFE_EXCHANGE = re.compile(
    r"(sntrup761x25519-sha512(@openssh\.com)?|mlkem768x25519-sha256|curve25519-sha256(@libssh\.org)?"
    r"|diffie-hellman-group1[468]-sha(256|512)|ecdh-sha2-nistp\d+)"
)
CLEAR_TEXT_PORTS = {21: "ftp", 23: "telnet", 69: "tftp", 512: "rexec", 513: "rlogin", 514: "rsh"}
UNWANTED_PACKAGES = re.compile(
    r"^(telnetd?|inetutils-(telnet|ftp)d?|rsh-(client|server)|rsh-redone-.*|talkd?|nis|ypbind|t?n?ftpd?|vsftpd|proftpd.*"
    r"|tftp(-hpa|d-hpa)?|xinetd|openbsd-inetd|avahi-daemon|cups(-daemon)?|rpcbind|nfs-kernel-server|samba|snmpd|bluez"
    r"|wpasupplicant|xserver-xorg.*|gcc(-\d+)?|g\+\+(-\d+)?|clang(-\d+)?|tcpdump|wireshark.*|nmap)$"
)
UNWANTED_UNITS = re.compile(
    r"^(rpcbind|nfs-server|smbd|cups|avahi-daemon|bluetooth|vsftpd|snmpd|telnet|xinetd|debug-shell)\."
)
UNWANTED_MODULES = (
    *("cramfs", "freevxfs", "hfs", "hfsplus", "jffs2", "udf"),
    *("dccp", "sctp", "rds", "tipc", "usb-storage"),
)
RISKY_PORTS = (21, 23, 69, 111, 135, 137, 138, 139, 445, 512, 513, 514, 631, 873, 2049, 3389, 5900, 6379, 11211)
