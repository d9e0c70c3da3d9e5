# SPDX-License-Identifier: MIT
# What a package's Makefile takes from OpenWrt's build system, as far as its files and its fields go.
INCLUDE_DIR:=$(TOPDIR)
INSTALL_DIR:=install -d -m0755
INSTALL_BIN:=install -m0755
INSTALL_DATA:=install -m0644
INSTALL_CONF:=install -m0600
CP:=cp -fpR
LN:=ln -sf
