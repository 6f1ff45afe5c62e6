package result

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/ringmq/ringmq/bench/internal/plan"
)

// Write writes the report to a file.
func (r *Report) Write(name string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}

// Read reads what Write wrote, and makes the verdicts anew of its figures.
func Read(name string, targets []plan.Target) (*Report, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := new(Report)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r.Judge(targets)
	return r, nil
}
