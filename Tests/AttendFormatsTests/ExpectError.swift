import AttendBase
import Testing

/// Expects an `AttendError` of this code whose description holds all of `parts`.
func expectError<Result>(
  _ code: AttendError.Code, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) {
  do {
    _ = try body()
    Issue.record("expected an error \(code.rawValue), got none", sourceLocation: sourceLocation)
  } catch let error as AttendError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(error.description.contains(part), "\(error) lacks \(part)", sourceLocation: sourceLocation)
    }
    #expect(!error.description.contains("\n"), "an error is one line", sourceLocation: sourceLocation)
  } catch {
    Issue.record("expected an AttendError, got \(error)", sourceLocation: sourceLocation)
  }
}
