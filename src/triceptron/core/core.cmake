# The core's sources, and the settings that its promise of equal bits rests on; for the extension and for its tests.
set(CORE ${CMAKE_CURRENT_LIST_DIR})
set(CORE_SOURCES ${CORE}/kernels_baseline.cpp ${CORE}/instruction_set.cpp ${CORE}/pool.cpp)

# a * b + c is fused where the source says fma, and nowhere else: compilers differ in what they would fuse.
set(KERNEL_FLAGS -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math)
set(AVX2_FLAGS -mavx2 -mfma)
set(AVX512_FLAGS ${AVX2_FLAGS} -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512)
set(CORE_FLAGS -ffp-contract=off)
set(CORE_WARNINGS -Wall -Wextra)
if(CMAKE_CXX_COMPILER_FRONTEND_VARIANT STREQUAL "MSVC")  # clang-cl: this prefix hands a flag on; -Wall is -Weverything
  foreach(flags KERNEL_FLAGS AVX2_FLAGS AVX512_FLAGS CORE_FLAGS)
    list(TRANSFORM ${flags} PREPEND "/clang:")
  endforeach()
  set(CORE_WARNINGS /W4)
endif()
set_source_files_properties(${CORE}/kernels_baseline.cpp PROPERTIES COMPILE_OPTIONS "${KERNEL_FLAGS}")

set(X86 FALSE)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT CMAKE_OSX_ARCHITECTURES MATCHES "arm64")
  set(X86 TRUE)
  list(APPEND CORE_SOURCES ${CORE}/kernels_avx2.cpp ${CORE}/kernels_avx512.cpp)
  set_source_files_properties(${CORE}/kernels_avx2.cpp PROPERTIES COMPILE_OPTIONS "${KERNEL_FLAGS};${AVX2_FLAGS}")
  set_source_files_properties(${CORE}/kernels_avx512.cpp PROPERTIES COMPILE_OPTIONS "${KERNEL_FLAGS};${AVX512_FLAGS}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # its own header reads what it calls undefined on purpose
    set_property(SOURCE ${CORE}/kernels_avx512.cpp APPEND PROPERTY COMPILE_OPTIONS -Wno-maybe-uninitialized)
  endif()
endif()

function(core_settings target)
  find_package(Threads REQUIRED)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  target_include_directories(${target} PRIVATE ${CORE})
  target_compile_options(${target} PRIVATE ${CORE_WARNINGS} ${CORE_FLAGS})
  if(X86)
    target_compile_definitions(${target} PRIVATE TRICEPTRON_X86)
  endif()
endfunction()
