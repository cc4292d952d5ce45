import AttendBase

/// A model on disk, whatever its format: configuration, tensors by name, tokenizer.
///
/// Opening reads directories and small JSON files only. Nothing here knows any architecture: names, types and
/// configuration are the checkpoint's own.
public struct Checkpoint: Sendable {
  /// What describes the architecture.
  public enum Configuration: Sendable {
    /// The parsed `config.json`.
    case huggingFace(JSON)
    /// The file's metadata, with `general.architecture` and the keys under that name.
    case gguf(GGUFMetadata)
    /// A lone safetensors file.
    case none
  }

  /// What describes the tokenizer.
  public enum Tokenizer: Sendable {
    /// `tokenizer.json`, not yet parsed: text of megabytes that a caller without text has no need of.
    case json(MappedFile)
    /// A SentencePiece model, where there is no `tokenizer.json`.
    case sentencePiece(MappedFile)
    /// The keys under `tokenizer.` of the metadata.
    case gguf(GGUFMetadata)
    case none
  }

  /// The path it was opened with.
  public let path: String
  public let configuration: Configuration
  public let tensors: TensorDirectory
  public let tokenizer: Tokenizer
  /// The parsed `tokenizer_config.json`, or nil.
  public let tokenizerConfiguration: JSON?
  /// The parsed `generation_config.json`, or nil.
  public let generationConfiguration: JSON?
  /// Where the checkpoint's other files are (`chat_template.jinja`, `vocab.txt`, …), or nil for GGUF, which is whole.
  public let folder: String?

  /// Opens a Hugging Face folder, a `.safetensors` file (with the `config.json` and tokenizer beside it, if any), or a
  /// `.gguf` file. A file's bytes decide what it is, not its name.
  ///
  /// In a folder the weights are `model.safetensors`, else those that `model.safetensors.index.json` lists, else the
  /// only other `.safetensors` file, else the only `.gguf` file.
  ///
  /// - Throws: `notFound`, with what is there instead; `unsupported` for other formats, such as PyTorch's;
  ///   `damagedFile`, `system`.
  public init(path: String) throws(AttendError) {
    if Folder.exists(path) {
      self = try Checkpoint(path: path, weights: CheckpointFiles.weights(in: path))
    } else {
      self = try Checkpoint(path: path, weights: .file(path))
    }
  }

  /// A checkpoint that lies in memory, such as one inside the program.
  ///
  /// - Parameters:
  ///   - name: stands for the path in messages.
  ///   - weights: a safetensors file; `configuration` and `tokenizer`: `config.json` and `tokenizer.json`.
  /// - Throws: `damagedFile`, `unsupported`.
  public init(
    name: String, weights: MappedFile, configuration: MappedFile, tokenizer: MappedFile?
  ) throws(AttendError) {
    path = name
    tensors = try SafetensorsFile(weights).tensors
    self.configuration = .huggingFace(try JSON(parsing: configuration.bytes, source: configuration.path))
    self.tokenizer = tokenizer.map(Tokenizer.json) ?? .none
    tokenizerConfiguration = nil
    generationConfiguration = nil
    folder = nil
  }

  private init(path: String, weights: CheckpointFiles.Weights) throws(AttendError) {
    self.path = path
    let folder: String
    switch weights {
    case .index(let index):
      folder = Folder.parent(of: index)
      let file = try MappedFile(path: index)
      let shards = try file.withUnsafeBytes { bytes throws(AttendError) in
        try ShardIndex(parsing: bytes, source: index)
      }
      tensors = try shards.open(in: folder)
    case .file(let name):
      let file = try MappedFile(path: name)
      switch try CheckpointFiles.format(of: file) {
      case .gguf:
        let gguf = try GGUFFile(file)
        if let parts = gguf.metadata["split.count"]?.intValue, parts > 1 {
          throw AttendError(
            .unsupported, "\(name) is one of \(parts) parts of a split model",
            hint: "join the parts with `llama-gguf-split --merge`")
        }
        tensors = gguf.tensors
        configuration = .gguf(gguf.metadata)
        tokenizer = .gguf(gguf.metadata)
        tokenizerConfiguration = nil
        generationConfiguration = nil
        self.folder = nil
        return
      case .safetensors: tensors = try SafetensorsFile(file).tensors
      }
      folder = Folder.parent(of: name)
    }
    configuration = try CheckpointFiles.json("config.json", in: folder).map(Configuration.huggingFace) ?? .none
    tokenizer = try CheckpointFiles.tokenizer(in: folder)
    tokenizerConfiguration = try CheckpointFiles.json("tokenizer_config.json", in: folder)
    generationConfiguration = try CheckpointFiles.json("generation_config.json", in: folder)
    self.folder = folder
  }

  /// Another file of the checkpoint, such as `chat_template.jinja`, or nil when there is none.
  ///
  /// - Throws: `system` when it is there but cannot be read; `damagedFile` when it is empty.
  public func file(_ name: String) throws(AttendError) -> MappedFile? {
    guard let folder else { return nil }
    return try CheckpointFiles.open(name, in: folder)
  }
}
