import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs the built `attend` on a terminal of its own, as a person sees it.
enum TerminalConversation {
  struct NoTerminal: Error {}

  /// - Parameter lines: what is typed. All of it is typed at once, so it has to fit the terminal's 4096 bytes.
  /// - Returns: what the terminal shows, errors included; not what is typed.
  static func run(_ arguments: [String], lines: [String]) throws -> String {
    var (person, inside): (Int32, Int32) = (-1, -1)
    guard openpty(&person, &inside, nil, nil, nil) == 0 else { throw NoTerminal() }
    defer { close(person) }
    let terminal = FileHandle(fileDescriptor: inside, closeOnDealloc: true)
    // Other programs that run meanwhile would keep the terminal open.
    for end in [person, inside] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var settings = termios()
    guard tcgetattr(inside, &settings) == 0 else { throw NoTerminal() }
    settings.c_lflag &= ~tcflag_t(ECHO)
    guard tcsetattr(inside, TCSANOW, &settings) == 0 else { throw NoTerminal() }

    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = arguments
    process.standardInput = terminal
    process.standardOutput = terminal
    process.standardError = terminal
    let typed = Array((lines.joined(separator: "\n") + "\n").utf8)
    guard write(person, typed, typed.count) == typed.count else { throw NoTerminal() }
    try process.run()
    defer { process.waitUntilExit() }
    try terminal.close()
    var shown: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 12)
    while true {
      let count = read(person, &part, part.count)
      if count < 0, errno == EINTR { continue }
      // When the last one to hold the terminal has gone, reading fails or ends.
      guard count > 0 else { break }
      shown += part[..<count]
    }
    return String(decoding: shown, as: UTF8.self)
  }
}
