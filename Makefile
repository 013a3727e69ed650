# The project's verbs. Each only strings together commands that work by themselves after `source ./activate`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
ACTIVE := source ./activate;
STEP := @$(ACTIVE) python -m lab step
SYSTEM ?= approval
TOP ?= province
# Before the stacks $(1) are made: those that claim the same names and addresses must be gone.
REFUSE_BESIDE = @$(ACTIVE) for stack in $(filter-out $(1),lab kernel $(TOP)); do \
	  case "$$(pulumi stack output --json --stack "$$stack" 2>/dev/null)" in ''|'{}') ;; *) \
	  echo "✗ 云上已有 stack $$stack，同名同址，先删除 is there, with the same names and addresses, remove it first:" \
	    "PULUMI_STACK=$$stack make destroy (全省 the whole province: make province-destroy)"; exit 1;; esac; done

help:  ## 列出所有命令 list the verbs
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

up: python  ## 从零到一座加固、发布、可恢复的城市 everything, from nothing; run again it goes on
	@python3 -m lab.environment 1/15
	$(STEP) 2/15 "Debian 软件包 packages" -- python -m lab packages
	$(STEP) 3/15 "预检 preflight" -- python -m lab preflight
	$(STEP) 4/15 "Pulumi 工具链与实验云的根 toolchain and the lab's root" -- make --jobs=2 toolchain lab-root
	$(STEP) 5/15 "OpenStack 实验云 cloud" -- python -m lab openstack up
	$(STEP) 6/15 "密钥 secrets" -- python -m lab secrets
	$(call REFUSE_BESIDE,lab $(PULUMI_STACK))
	@$(ACTIVE) pulumi stack select --create "$$PULUMI_STACK"
	@$(ACTIVE) pulumi config set ganyun:operatorKey "$$(< "$$GANYUN_SECRETS/ssh/operator.pub")"
	$(STEP) 7/15 "云上资源 pulumi up" -- pulumi up --yes --skip-preview --refresh
	$(STEP) 8/15 "主机就绪 hosts answer" -- ansible all -m ansible.builtin.wait_for_connection -a timeout=420
	@$(ACTIVE) python -m lab settled || { \
	  python -m lab step 9/15 "加固 harden" -- ansible-playbook playbooks/{packages,harden,certificates}.yml && \
	  python -m lab step 10/15 "服务 services" -- make --jobs=3 services && \
	  python -m lab settled --record; }
	$(STEP) 11/15 "网站发布 publish" -- ansible-playbook playbooks/publish.yml
	$(STEP) 12/15 "备份 backup" -- ansible-playbook playbooks/backup.yml
	@$(ACTIVE) python -m lab drilled || { \
	  python -m lab step 13/15 "恢复演练 restore drill" -- ansible-playbook playbooks/drill.yml -e system=$(SYSTEM) -e calm_seconds=10 && \
	  python -m lab settled --record; }
	$(STEP) 14/15 "合规审计 audit" -- ansible-playbook playbooks/audit.yml
	$(STEP) 15/15 "预览无变化 preview shows no change" -- pulumi preview --expect-no-changes
	@$(ACTIVE) python -m lab summary

toolchain:
	@$(ACTIVE) python -m lab toolchain build

lab-root:
	@$(ACTIVE) python -m lab openstack build

services: monitor web recovery
	@$(ACTIVE) ansible-playbook playbooks/{retention,baseline}.yml

monitor web recovery:
	@$(ACTIVE) ansible-playbook playbooks/$@.yml -e restore_lost=true

empty-cloud: environment
	@$(ACTIVE) python -m lab packages && python -m lab preflight && make --jobs=2 toolchain lab-root && python -m lab openstack up && python -m lab secrets

kernel: export PULUMI_STACK = kernel
kernel: empty-cloud  ## 有自己内核的主机（先 make destroy 删除切片）a host with a kernel of its own, in place of the slice
	$(call REFUSE_BESIDE,kernel)
	$(STEP) 1/8 "仿真节点 emulating node" -- python -m lab openstack emulate
	@$(ACTIVE) pulumi stack select --create "$$PULUMI_STACK" 2>/dev/null
	@$(ACTIVE) pulumi config set ganyun:operatorKey "$$(< "$$GANYUN_SECRETS/ssh/operator.pub")"
	$(STEP) 2/8 "云上资源 pulumi up" -- pulumi up --yes --skip-preview --refresh
	$(STEP) 3/8 "主机就绪 hosts answer" -- ansible all -m ansible.builtin.wait_for_connection -a timeout=420
	$(STEP) 4/8 "加固 harden" -- ansible-playbook playbooks/{packages,harden,certificates,monitor}.yml
	$(STEP) 5/8 "重启内核 restart with the kernel's arguments" -- bash -c "ansible database -m ansible.builtin.command -a 'grep -q ima_policy= /proc/cmdline' \
	  || ansible database --become -m ansible.builtin.reboot -a reboot_timeout=600"
	$(STEP) 6/8 "打开数据盘 open the data's disk" -- ansible-playbook playbooks/harden.yml --limit database --tags 8.1.4.8-b
	$(STEP) 7/8 "基线 baseline" -- ansible-playbook playbooks/baseline.yml
	$(STEP) 8/8 "合规审计 audit" -- ansible-playbook playbooks/audit.yml

province: empty-cloud  ## 全省各级 stack（先 make destroy 删除切片）all of the province's stacks, in place of the slice
	$(call REFUSE_BESIDE,$(TOP))
	@$(ACTIVE) export PULUMI_PARALLEL=32; \
	stacks=($$(python -m infra.plan stacks $(TOP))); \
	for number in $${!stacks[@]}; do \
	  export PULUMI_STACK=$${stacks[number]}; \
	  pulumi stack select --create "$$PULUMI_STACK" 2>/dev/null; \
	  pulumi config set ganyun:operatorKey "$$(< "$$GANYUN_SECRETS/ssh/operator.pub")"; \
	  python -m lab step "$$((number + 1))/$${#stacks[@]}" "$$PULUMI_STACK" -- pulumi up --yes --skip-preview --refresh; \
	  [ "$$PULUMI_STACK" != $(TOP) ] || python -m infra.access; \
	done

province-destroy: environment  ## 删除全省各级 stack remove all of the province's stacks
	@$(ACTIVE) \
	for stack in $$(python -m infra.plan stacks $(TOP) | tac); do \
	  pulumi destroy --yes --stack $$stack; \
	done

test: lint unit  ## 全部测试 lint, types, unit, policy, end to end (on the lab that is up, else on one made for it)
	@$(ACTIVE) \
	own=; [ -e "$$GANYUN_STATE/clouds.yaml" ] || own=yes; \
	python -m lab status >/dev/null 2>&1 || make up; \
	[ -z "$$own" ] || trap 'told=$$(make down 2>&1) || { echo "$$told"; exit 1; }' EXIT; \
	pytest tests/lab

down: environment  ## 全部拆除，不留痕迹 remove the lab; nothing of it stays
	@$(ACTIVE) python -m lab down

lab-status: environment  ## 各服务健康状况 the health of each of the lab's services
	@$(ACTIVE) python -m lab status

preview: environment  ## 预览 what `pulumi up` would change
	@$(ACTIVE) pulumi preview

destroy: environment  ## 删除云上资源 remove what `pulumi up` made; the lab stays
	@$(ACTIVE) pulumi destroy

summary: environment  ## 访问方式、报告、用时 how to reach what is there, reports, times
	@$(ACTIVE) python -m lab summary

lint: environment  ## 静态检查 ruff, mypy, yamllint, ansible-lint
	@$(MAKE) --jobs=2 lint-python lint-playbooks

lint-python:
	@$(ACTIVE) ruff check . && ruff format --check . && mypy

lint-playbooks:
	@$(ACTIVE) yamllint --strict . && ANSIBLE_INVENTORY=tests/inventory.yml ansible-lint --offline

unit: environment  ## 单元与策略测试 unit and policy tests, without a cloud
	@$(ACTIVE) pytest -q --numprocesses=logical --dist=loadfile tests/unit tests/policy

bench: environment  ## 测量 README 的指标 measure the README's figures: make bench FIGURES="preview audit-host"
	@$(ACTIVE) python -m benchmarks $(FIGURES)

lock: environment  ## 更新锁文件 resolve requirements.in into requirements.lock
	@$(ACTIVE) uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 requirements.in --output-file requirements.lock
	@$(ACTIVE) grep '^uv==' requirements.in | uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 - --output-file requirements-uv.lock

clean: down  ## 恢复到刚克隆时 remove the lab, its caches and .venv; reports stay
	@$(ACTIVE) python -m lab forget-caches && rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible .venv

environment: python
	@python3 -m lab.environment

python:
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '需要 Python 3.11 或更高 Python 3.11 or later is needed'; exit 1; }
	@python3 -c 'import ensurepip' 2>/dev/null || apt-get install -y python3-venv

.PHONY: help up empty-cloud kernel province province-destroy toolchain lab-root services monitor web recovery test down lab-status preview destroy summary lint lint-python lint-playbooks unit bench lock clean environment python
