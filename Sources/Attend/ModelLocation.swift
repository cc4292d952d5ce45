/// Where a model is.
public enum ModelLocation: Sendable, Hashable {
  /// A `.gguf` file, or a `.safetensors` file with its `config.json` and tokenizer beside it.
  case file(String)
  /// A folder as Hugging Face publishes it: `config.json`, `model.safetensors` (or shards with an index), tokenizer.
  case directory(String)

  public var path: String {
    switch self {
    case .file(let path), .directory(let path): path
    }
  }
}
