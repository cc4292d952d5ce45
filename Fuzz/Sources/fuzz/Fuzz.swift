import AttendFuzzing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// libFuzzer brings `main`; the environment variable ATTEND_FUZZ names the reader, or `list` prints their names.

nonisolated(unsafe) private var reader: FuzzTarget?

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<Int32>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> Int32 {
  let name = getenv("ATTEND_FUZZ").map { String(cString: $0) } ?? "list"
  reader = FuzzTarget.all.first { $0.name == name }
  if reader == nil {
    for target in FuzzTarget.all { print(target.name) }
    exit(name == "list" ? 0 : 64)
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  reader?.run(UnsafeRawBufferPointer(start: data, count: size))
  return 0
}
