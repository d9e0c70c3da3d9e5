# SPDX-License-Identifier: MIT
# install-PACKAGE: into $(DESTDIR); show-PACKAGE: its fields; prepare: the source into $(PKG_BUILD_DIR).
.PHONY: prepare

define BuildPackage
$(eval $(Package/$(1)))
.PHONY: install-$(1) show-$(1)
install-$(1):
	$$(call Package/$(1)/install,$$(DESTDIR))
show-$(1):
	@printf '%s\n' 'VERSION $(PKG_VERSION)' 'TITLE $(TITLE)' 'DEPENDS $(DEPENDS)' 'USERID $(USERID)' 'LICENSE $(PKG_LICENSE)' \
		'LICENSE_FILES $(PKG_LICENSE_FILES)' 'CPE $(PKG_CPE_ID)' 'CONFFILES $(strip $(Package/$(1)/conffiles))' 'MESON $(MESON_ARGS)'
endef

prepare:
	$(Build/Prepare)
