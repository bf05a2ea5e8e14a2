# Debian 12 packages, found and wrapped as targets. dev (the script) installs them; docs/adr/ says why these.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(re2_pc REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(cares_pc REQUIRED IMPORTED_TARGET libcares)
# The CMake package of prometheus-cpp wants civetweb and curl even for its core; pkg-config does not.
pkg_check_modules(prometheus_pc REQUIRED IMPORTED_TARGET prometheus-cpp-core)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)

add_library(re2 INTERFACE)
target_link_libraries(re2 INTERFACE PkgConfig::re2_pc)
add_library(cares INTERFACE)
target_link_libraries(cares INTERFACE PkgConfig::cares_pc)
add_library(prometheus_core INTERFACE)
target_link_libraries(prometheus_core INTERFACE PkgConfig::prometheus_pc)
add_library(xxhash INTERFACE)
target_include_directories(xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})
target_compile_definitions(xxhash INTERFACE XXH_INLINE_ALL)
add_library(cli11 INTERFACE)
target_include_directories(cli11 SYSTEM INTERFACE ${CLI11_INCLUDE})

# Asio is compiled once, in net/asio_impl.cpp; Beast once, in admin/beast_impl.cpp.
add_library(boost_asio INTERFACE)
target_link_libraries(boost_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(boost_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
add_library(boost_beast INTERFACE)
target_link_libraries(boost_beast INTERFACE boost_asio)
target_compile_definitions(boost_beast INTERFACE BOOST_BEAST_SEPARATE_COMPILATION)
