"""What a host is told at its first boot: its name, its own key, and who may log in."""

import json

LOGIN = "ganyun"


def first_boot(host: str, operator_key: str, private_key: str, public_key: str) -> str:
    """Cloud-init user data; the same words for the same host, so that it never changes by chance."""
    config = {
        "hostname": host,
        "preserve_hostname": False,
        "manage_etc_hosts": False,
        "ssh_pwauth": False,
        "disable_root": True,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": [],
        "ssh_keys": {"rsa_private": private_key, "rsa_public": public_key},
        "users": [
            {
                "name": LOGIN,
                "gecos": "ganyun automation",
                "shell": "/bin/bash",
                "lock_passwd": True,
                "sudo": "ALL=(ALL) NOPASSWD:ALL",
                "ssh_authorized_keys": [operator_key],
            }
        ],
        "write_files": [{"path": "/etc/hosts", "append": True, "content": f"127.0.1.1 {host}\n"}],
    }
    return "#cloud-config\n" + json.dumps(config, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
