import AttendFuzzing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// libFuzzer without its own `main`, which SwiftPM would rename. The environment variable ATTEND_FUZZ names the reader;
// without one it prints their names.

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

private let reader = FuzzTarget.all.first { $0.name == getenv("ATTEND_FUZZ").map { String(cString: $0) } }

@main
enum Fuzz {
  static func main() {
    guard reader != nil else {
      for target in FuzzTarget.all { print(target.name) }
      return
    }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(
      runDriver(&count, &arguments) { data, size in
        reader?.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      })
  }
}
