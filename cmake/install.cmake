# The installed package: find_package(hysteron) gives hysteron::hysteron.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/hysteron)
install(DIRECTORY include/hysteron DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS hysteron hysteron_archive hysteron_runtime EXPORT hysteron_targets)
install(EXPORT hysteron_targets NAMESPACE hysteron:: FILE hysteron-targets.cmake DESTINATION ${package_directory})
configure_package_config_file(cmake/hysteron-config.cmake.in generated/hysteron-config.cmake
  INSTALL_DESTINATION ${package_directory} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(generated/hysteron-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/hysteron-config.cmake
  ${PROJECT_BINARY_DIR}/generated/hysteron-config-version.cmake DESTINATION ${package_directory})
install(FILES LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
