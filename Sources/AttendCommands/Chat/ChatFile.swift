import Attend
import AttendBase

/// A conversation on disk: `{"messages": [{"role": …, "content": …}, …]}`, or the list alone. Calls of functions are
/// `tool_calls` of a message, and their results carry a `tool_call_id`, as the interfaces of servers have it.
enum ChatFile {
  /// Larger than any conversation that fits a model.
  private static let maximumBytes = 1 << 26

  /// - Throws: `not-found`, `system`, `damaged-file`, `limit-exceeded`.
  static func read(_ path: String) throws -> [ChatMessage] {
    let file = try MappedFile(path: path)
    guard file.count <= maximumBytes else {
      throw AttendError(
        .limitExceeded, "\(path) has more than \(maximumBytes >> 20) MiB", hint: "is it a conversation?")
    }
    let json = try JSON(parsing: file.copied, source: path)
    guard let list = (json["messages"] ?? json).arrayValue else {
      throw AttendError(
        .damagedFile, "\(path) holds no messages", hint: "it is {\"messages\": [{\"role\": …, \"content\": …}]}")
    }
    return try list.enumerated().map { index, json in
      guard let message = ChatMessage(json) else {
        throw AttendError(
          .damagedFile, "\(path): message \(index + 1) has no role, no content that is text, or a call without a name")
      }
      return message
    }
  }

  /// Writes a file that appears whole or not at all.
  static func write(_ messages: [ChatMessage], to path: String) throws {
    let file: JSON = ["messages": .array(try messages.map { try $0.json() })]
    try writeAtomically(to: path, Array((file.text() + "\n").utf8))
  }
}
