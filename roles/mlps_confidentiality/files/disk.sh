#!/bin/bash
# Opens the encrypted disk of a host's data at FOLDER, making it from an empty DISK first: disk.sh DISK NAME FOLDER < KEY
# Prints what it changed; ends with 3, and says why, where there is nothing that it may take. The key is never written down here.
set -euo pipefail
disk=$1 name=$2 folder=$3
luks=/dev/disk/by-label/$name

refuse() {
  echo "$1" >&2
  exit 3
}

# Only a disk with an empty file system, as the cloud gives it, is taken; data that are there already are moved by people.
prepare() {
  [ -b "$disk" ] || refuse "没有数据磁盘 no disk $disk for $folder"
  [ -z "$(ls -A "$folder" 2>/dev/null)" ] || refuse "$folder 已有数据 holds data already: move them first"
  disk=$(realpath "$disk") # its label goes while it is made
  ! findmnt --noheadings "$disk" >/dev/null || refuse "$disk 正在使用 is mounted"
  look=$(mktemp --directory)
  mount -o ro "$disk" "$look" || refuse "$disk 无文件系统 has no file system to look into"
  found=$(ls -A --ignore=lost+found "$look")
  umount "$look"
  rmdir "$look"
  [ -z "$found" ] || refuse "$disk 不是空盘 is not empty"
  # The key is random and long: nothing is gained by deriving it slowly.
  printf %s "$key" | cryptsetup luksFormat --type luks2 --batch-mode --label "$name" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
    --key-file - "$disk"
  udevadm settle
  echo "已加密 encrypted: $disk"
}

mountpoint --quiet "$folder" && exit
key=$(cat)
[ -e "$luks" ] || prepare
[ -e "/dev/mapper/$name" ] || printf %s "$key" | cryptsetup open --key-file - "$luks" "$name"
[ -n "$(blkid --output value --match-tag TYPE "/dev/mapper/$name")" ] || mkfs.ext4 -q "/dev/mapper/$name"
mkdir --parents "$folder"
mount -o nodev,nosuid "/dev/mapper/$name" "$folder"
echo "已打开 opened: $folder"
