import AttendBase

/// Finds a checkpoint's files.
enum CheckpointFiles {
  /// Where the weights are.
  enum Weights {
    case file(String)
    /// The index of a sharded checkpoint.
    case index(String)
  }

  enum Format {
    case safetensors
    case gguf
  }

  private static let pyTorchHint =
    "only safetensors and GGUF are read, since a pickle can run code: look for model.safetensors, or convert the file"

  /// Picks the weights of a folder.
  static func weights(in folder: String) throws(AttendError) -> Weights {
    let names = try Folder.names(in: folder)
    for name in ["model.safetensors", "model.safetensors.index.json"] where names.contains(name) {
      return name.hasSuffix(".json") ? .index("\(folder)/\(name)") : .file("\(folder)/\(name)")
    }
    for suffix in [".safetensors", ".gguf"] {
      let candidates = names.filter { $0.hasSuffix(suffix) }
      if candidates.count > 1 {
        throw AttendError(
          .notFound, "\(folder) holds \(candidates.count) \(suffix) files and no index: \(list(candidates))",
          hint: suffix == ".gguf" ? "give the path of one of them" : "model.safetensors.index.json is missing: fetch it"
        )
      }
      if let name = candidates.first { return .file("\(folder)/\(name)") }
    }
    let others = names.filter(isPickle)
    guard others.isEmpty else {
      throw AttendError(.unsupported, "\(folder) has its weights only as \(list(others))", hint: pyTorchHint)
    }
    throw AttendError(
      .notFound, "\(folder) holds no weights" + (names.isEmpty ? ": it is empty" : ", only \(list(names))"),
      hint: "give a folder with config.json and model.safetensors, or a .safetensors or .gguf file")
  }

  /// What a file is, by its first bytes.
  static func format(of file: MappedFile) throws(AttendError) -> Format {
    let head = file.bytes.prefix(9)
    if head.starts(with: "GGUF".utf8) { return .gguf }
    if head.count == 9, head[8] == UInt8(ascii: "{") { return .safetensors }
    if head.starts(with: "PK".utf8) || head.first == 0x80 || isPickle(file.path) {
      throw AttendError(.unsupported, "\(file.path) is a PyTorch file", hint: pyTorchHint)
    }
    if head.starts(with: "version h".utf8) {
      throw AttendError(
        .damagedFile, "\(file.path) is a Git LFS pointer, not the file itself", hint: "run `git lfs pull` in its folder"
      )
    }
    // Told by its name only: let the reader say what is wrong.
    if file.path.hasSuffix(".gguf") { return .gguf }
    if file.path.hasSuffix(".safetensors") { return .safetensors }
    throw AttendError(
      .unsupported, "\(file.path) is neither a safetensors nor a GGUF file",
      hint: "give a model in one of these formats")
  }

  /// Maps a file of the folder, or returns nil when it is not there.
  static func open(_ name: String, in folder: String) throws(AttendError) -> MappedFile? {
    let path = "\(folder)/\(name)"
    return Folder.hasFile(path) ? try MappedFile(path: path) : nil
  }

  /// The file of the folder that describes the tokenizer.
  static func tokenizer(in folder: String) throws(AttendError) -> Checkpoint.Tokenizer {
    if let file = try open("tokenizer.json", in: folder) { return .json(file) }
    for name in ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"] {
      if let file = try open(name, in: folder) { return .sentencePiece(file) }
    }
    return .none
  }

  /// Parses a JSON file of the folder, or returns nil when it is not there.
  static func json(_ name: String, in folder: String) throws(AttendError) -> JSON? {
    guard let file = try open(name, in: folder) else { return nil }
    return try JSON(parsing: file.copied, source: file.path)
  }

  private static func isPickle(_ name: String) -> Bool {
    [".bin", ".pt", ".pth", ".ckpt", ".bin.index.json"].contains { name.hasSuffix($0) }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).map(quoted).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
