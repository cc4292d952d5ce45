import AttendCommands

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@main
struct Main {
  static func main() async {
    exit(await AttendCommand.execute(Array(CommandLine.arguments.dropFirst())))
  }
}
