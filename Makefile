# The project's verbs. Each only strings together commands that work by themselves after `source ./activate`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
ACTIVE := source ./activate &&
STEP := @$(ACTIVE) python -m lab step
KEY = $$GANYUN_SECRETS/ssh/operator.pub

help:  ## 列出所有命令 list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

environment:  ## 按锁文件建立 Python 环境 make .venv from requirements.lock
	@python3 -c 'import ensurepip' || apt-get install -y python3-venv
	@python3 -m lab.environment 1/15

up: environment  ## 从零到一座加固、发布、可恢复的城市 everything, from nothing
	$(STEP) 2/15 "Debian 软件包 packages" -- python -m lab packages
	$(STEP) 3/15 "预检 preflight" -- python -m lab preflight
	$(STEP) 4/15 "Pulumi 工具链 toolchain" -- python -m lab toolchain build
	$(STEP) 5/15 "OpenStack 实验云 the lab's cloud" -- python -m lab openstack up
	$(STEP) 6/15 "密钥 secrets" -- python -m lab secrets
	$(STEP) 7/15 "堆栈 stack" -- pulumi stack select --create lab
	@$(ACTIVE) pulumi config set ganyun:operatorKey "$$(cat "$(KEY)")"
	$(STEP) 8/15 "资源 resources: pulumi up" -- pulumi up --yes --skip-preview
	$(STEP) 9/15 "主机就绪 hosts answer" -- ansible all -m ansible.builtin.wait_for_connection -a timeout=180
	$(STEP) 10/15 "加固与服务 harden, services" -- ansible-playbook playbooks/site.yml
	$(STEP) 11/15 "网站发布 publish" -- ansible-playbook playbooks/publish.yml
	$(STEP) 12/15 "备份 backup" -- ansible-playbook playbooks/backup.yml
	@$(ACTIVE) python -m lab drilled || \
	  python -m lab step 13/15 "恢复演练 restore drill" -- ansible-playbook playbooks/drill.yml -e system=approval
	$(STEP) 14/15 "合规审计 audit" -- ansible-playbook playbooks/audit.yml
	@$(ACTIVE) python -m lab summary

.PHONY: help environment up
