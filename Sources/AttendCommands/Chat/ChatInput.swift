/// A line that somebody types in a conversation.
enum ChatInput: Equatable {
  case message(String)
  /// `/name rest`.
  case instruction(ChatInstruction, String)
  /// An instruction that does not exist.
  case unknown(String)
  case nothing

  /// A line that begins with a slash is an instruction, one with two slashes a message with one.
  init(_ line: String) {
    guard !line.allSatisfy(\.isWhitespace) else {
      self = .nothing
      return
    }
    guard line.first == "/" else {
      self = .message(line)
      return
    }
    let rest = line.dropFirst()
    guard rest.first != "/" else {
      self = .message(String(rest))
      return
    }
    let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
    let name = parts.first.map(String.init) ?? ""
    let argument = parts.count > 1 ? parts[1].trimmingSpaces : ""
    self = ChatInstruction(name: name).map { .instruction($0, argument) } ?? .unknown(name)
  }
}

/// What can be done in a conversation besides talking.
enum ChatInstruction: String, CaseIterable {
  case help, system, new, undo, again, tool, history, save, load, set, exit

  init?(name: String) {
    // What other chat programs call the same.
    let aliases: [String: ChatInstruction] = [
      "?": .help, "h": .help, "clear": .new, "reset": .new, "retry": .again, "regen": .again, "quit": .exit,
      "bye": .exit, "q": .exit,
    ]
    guard let found = ChatInstruction(rawValue: name) ?? aliases[name] else { return nil }
    self = found
  }

  /// What it takes, and what it does.
  var usage: (arguments: String, meaning: String) {
    switch self {
    case .help: ("", "show this list")
    case .system: ("[text]", "tell the model what it is to be, or show what it was told")
    case .new: ("", "begin a new conversation with the same instructions")
    case .undo: ("", "take back the last message and its answer")
    case .again: ("", "answer the last message again")
    case .tool: ("result", "tell what a function gave that the model wants called; several in their order")
    case .history: ("", "show the conversation and how much of the context it takes")
    case .save: ("file", "write the conversation to a file")
    case .load: ("file", "go on with a conversation from a file")
    case .set: ("[option value]", "change an option such as temperature, or show what is set")
    case .exit: ("", "end the program, as Ctrl-D does")
    }
  }

  static var list: String {
    let rows = allCases.map { ("/" + ($0.rawValue + " " + $0.usage.arguments).trimmingSpaces, $0.usage.meaning) }
    let width = (rows.map(\.0.count).max() ?? 0) + 2
    return rows.map { $0.0 + String(repeating: " ", count: width - $0.0.count) + $0.1 }.joined(separator: "\n")
      + "\nA message that begins with a slash is written with two."
  }
}
