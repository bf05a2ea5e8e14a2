# Compiler and linker options that every target of the project shares.
add_library(sluice_options INTERFACE)
target_compile_options(sluice_options INTERFACE
  -Wall -Wextra -Werror -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports uninitialised and out-of-range reads inside its own coroutine frames and inlined
  # libstdc++ (GCC bugs 105562, 105329); asan-ubsan and clang see the real ones. Nor does it know
  # without optimising that a promise's operator new with parameters goes with its plain delete.
  target_compile_options(sluice_options INTERFACE -Wshadow=local  # clang has no such level
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer
    $<$<CONFIG:Debug>:-Wno-mismatched-new-delete>)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  string(REPLACE "-O2" "-O3" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()

if(SLUICE_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=2 -fno-fat-lto-objects)
    set(CMAKE_CXX_LINK_OPTIONS_IPO -flto=2)
    # Code is generated while linking, so the warnings that are off above would come back here.
    target_link_options(sluice_options INTERFACE -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endif()

# Profile-guided optimisation (docs/adr/0006): `record` builds a binary that counts into counts/ of
# its build folder; the path of such counts builds one that is laid out by them.
if(SLUICE_PROFILE STREQUAL "record")
  target_compile_options(sluice_options INTERFACE -fprofile-generate -fprofile-update=prefer-atomic
    -fprofile-dir=${CMAKE_BINARY_DIR}/counts -fprofile-prefix-path=${CMAKE_BINARY_DIR})
  target_link_options(sluice_options INTERFACE -fprofile-generate)
elseif(SLUICE_PROFILE)
  # Code that the training does not reach (TLS, errors, reloading) is optimised as without a profile.
  target_compile_options(sluice_options INTERFACE -fprofile-use=${SLUICE_PROFILE}
    -fprofile-prefix-path=${CMAKE_BINARY_DIR} -fprofile-partial-training -Wno-missing-profile)
endif()

if(SLUICE_SANITIZE)
  target_compile_options(sluice_options INTERFACE
    -fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1 -g1)
  target_link_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(SLUICE_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio has fences, which tsan does not model; its queues are locked besides.
    target_compile_options(sluice_options INTERFACE -Wno-tsan)
  endif()
endif()
if(SLUICE_FUZZ)
  # clang 14 cannot assemble coroutines with the function sanitizer: "cannot represent a difference
  # across sections".
  target_compile_options(sluice_options INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()
