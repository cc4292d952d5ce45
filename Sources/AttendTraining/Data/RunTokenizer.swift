import AttendBase
import AttendText

/// A run's tokenizer and the files that make it one of the trained model's.
package struct RunTokenizer: Sendable {
  package let tokenizer: any Tokenizer
  /// Bytes of `tokenizer.json`.
  package let file: [UInt8]
  /// Bytes of `tokenizer_config.json`, which gives tokens their roles; nil when there is none.
  let configuration: [UInt8]?

  /// - Parameters:
  ///   - texts: what characters and words are collected from.
  ///   - hasRoles: whether the model needs tokens for start and end of a sequence.
  /// - Throws: `not-found`, `unsupported`, `damaged-file`.
  package init(_ choice: TokenizerChoice, texts: [[UInt8]], hasRoles: Bool) throws {
    switch choice {
    case .file(let path):
      let isFolder = Folder.exists(path)
      let json = try MappedFile(path: isFolder ? path + "/tokenizer.json" : path)
      let roles = (isFolder ? path : Folder.parent(of: path)) + "/tokenizer_config.json"
      try self.init(
        file: json.copied, configuration: Folder.hasFile(roles) ? try MappedFile(path: roles).copied : nil,
        source: json.path)
    case .characters, .bytes:
      let special = hasRoles ? [Self.start, Self.end] : []
      let json =
        choice == .bytes
        ? CharacterTokenizer.bytes(special: special)
        : CharacterTokenizer.characters(of: texts, special: special)
      try self.init(
        file: json.utf8(), configuration: hasRoles ? Self.roles.utf8(pretty: true) : nil, source: "the tokenizer")
    case .learned(let size, let frequency):
      var trainer = BPETrainer(
        vocabularySize: size, specialTokens: [Self.start, Self.end], minimumFrequency: frequency)
      // Line by line with its break, as the reference implementation counts; a tab separates two texts.
      for text in texts {
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
          for part in line.split(separator: UInt8(ascii: "\t")) { part.withUnsafeBytes { trainer.add($0) } }
        }
      }
      try self.init(
        file: try trainer.train().tokenizerJSON().utf8(), configuration: Self.roles.utf8(pretty: true),
        source: "the tokenizer")
    }
  }

  private static let roles: JSON = ["bos_token": JSON(start), "eos_token": JSON(end)]

  private static let start = "<s>"
  private static let end = "</s>"

  private init(file: [UInt8], configuration: [UInt8]?, source: String) throws(AttendError) {
    self.file = file
    self.configuration = configuration
    var roles: JSON?
    if let configuration { roles = try JSON(parsing: configuration, source: "tokenizer_config.json") }
    tokenizer = try ByteLevelBPE(
      tokenizerJSON: JSON(parsing: file, source: source), configuration: roles, source: source)
  }

  /// Tells tokenizers apart: FNV-1a of the file.
  var fingerprint: String {
    String(file.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
  }
}
