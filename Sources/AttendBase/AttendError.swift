/// The one error that Attend throws: what went wrong, where, and what to try.
///
/// `code` is open: new codes may appear in minor versions, so switch over it with a default case.
public struct AttendError: Error, Sendable, Equatable {
  /// A stable, machine-readable kind of failure, such as `damaged-file`.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file's bytes contradict its format: truncated, overlapping, out of range, not UTF-8.
    public static let damagedFile = Code(rawValue: "damaged-file")
    /// The file is well formed but uses something that this version does not implement.
    public static let unsupported = Code(rawValue: "unsupported")
    /// The file or folder is not there.
    public static let notFound = Code(rawValue: "not-found")
    /// The operating system refused: permission, disk full, a closed pipe.
    public static let system = Code(rawValue: "system")
    /// A parameter of a checkpoint is missing, mis-shaped or unexpected.
    public static let parameterMismatch = Code(rawValue: "parameter-mismatch")
    /// A request's own values are out of range: an empty prompt, an id outside the vocabulary.
    public static let invalidInput = Code(rawValue: "invalid-input")
    /// More tokens than the model's context or the configured memory holds.
    public static let contextOverflow = Code(rawValue: "context-overflow")
    /// The model produced values that are not numbers.
    public static let notANumber = Code(rawValue: "not-a-number")
    /// A limit on time, memory or nesting that guards against hostile input was reached.
    public static let limitExceeded = Code(rawValue: "limit-exceeded")
    /// More requests are waiting than the engine is told to keep: come again later.
    public static let overloaded = Code(rawValue: "overloaded")
  }

  public let code: Code
  /// One line: what is wrong and where (file, offset, tensor or line).
  public let message: String
  /// One line: what to try.
  public let hint: String?

  public init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}

extension AttendError: CustomStringConvertible {
  public var description: String { hint.map { "\(message) (\($0))" } ?? message }
}
