package models

import (
	"context"
	"math"

	"gorm.io/gorm/clause"
)

// TraderGoal is the profit in PEN that a trader should reach in a month (contract 4.5).
type TraderGoal struct {
	ID            int64 `gorm:"primaryKey"`
	UserID        int64
	Month         int
	Year          int
	GoalAmountPEN Money     `gorm:"column:goal_amount_pen"`
	CreatedAt     LimaTime  `gorm:"autoCreateTime:false"`
	UpdatedAt     *LimaTime `gorm:"autoUpdateTime:false"`
	CreatedBy     *int64
}

// GoalOfTrader is a trader beside the goal of one month; 0 when none was set.
type GoalOfTrader struct {
	ID         int64
	Username   string
	Email      string
	Status     string
	GoalAmount Money
}

// TraderByID returns the user with the id and the role Trader, active or not; code
// NotFound otherwise.
func (q Queries) TraderByID(ctx context.Context, id int64) (User, error) {
	if !isRowID(id) {
		return User{}, Errorf(NotFound, "Trader no encontrado")
	}
	var u User
	err := q.q(ctx).Where("id = ? AND role = ?", id, Trader).Take(&u).Error
	if err != nil {
		return User{}, found(err, "Trader no encontrado")
	}
	return u, nil
}

// isRowID reports whether id fits the serial columns; Postgres refuses to compare others.
func isRowID(id int64) bool { return id > 0 && id <= math.MaxInt32 }

// ActiveTraders lists the active traders by username.
func (q Queries) ActiveTraders(ctx context.Context) ([]User, error) {
	var users []User
	err := q.q(ctx).Where("role = ? AND status = ?", Trader, Active).Order("username").Find(&users).Error
	return users, unavailable(err)
}

// GoalsOfTraders lists every trader, active or not, by username, with the goal of the month.
func (q Queries) GoalsOfTraders(ctx context.Context, m Month) ([]GoalOfTrader, error) {
	rows := []GoalOfTrader{}
	err := q.q(ctx).Raw(`SELECT users.id, users.username, users.email, users.status, COALESCE(goals.goal_amount_pen, 0) AS goal_amount
		FROM users LEFT JOIN trader_goals goals ON goals.user_id = users.id AND goals.month = ? AND goals.year = ?
		WHERE users.role = ? ORDER BY users.username`, m.Month, m.Year, Trader).Scan(&rows).Error
	return rows, unavailable(err)
}

// GoalSum adds up the goals of a month in PEN: of one trader, or with trader 0 of all.
func (q Queries) GoalSum(ctx context.Context, trader int64, m Month) (Money, error) {
	var cents Money
	err := q.q(ctx).Raw(`SELECT SUM(CAST(ROUND(goal_amount_pen * 100) AS bigint)) FROM trader_goals
		WHERE month = ? AND year = ? AND (? = 0 OR user_id = ?)`, m.Month, m.Year, trader, trader).Row().Scan(&cents)
	return fromCents(cents), unavailable(err)
}

// Goal is one goal to save, in PEN.
type Goal struct {
	Trader int64
	Month  Month
	Amount Money
}

// SaveGoals writes goals over what stood there, rounded to cents, and reports how
// many were written; those of users who are no traders are left out (contract 3.6).
// A negative amount, one that does not fit, or a month that does not exist is an
// error of code Invalid and nothing of the list should be kept.
func (tx *Tx) SaveGoals(ctx context.Context, by Actor, goals []Goal) (int, error) {
	ids := make([]int64, 0, len(goals))
	for _, g := range goals {
		if err := g.Month.Check(); err != nil {
			return 0, err
		}
		if g.Amount.IsNegative() || g.Amount.Round(2).Cmp(maxSum.Decimal) >= 0 {
			return 0, Errorf(Invalid, "La meta debe ser un número mayor o igual a 0")
		}
		if isRowID(g.Trader) {
			ids = append(ids, g.Trader)
		}
	}
	var traders []int64
	if err := tx.q(ctx).Model(&User{}).Where("id IN ? AND role = ?", ids, Trader).Pluck("id", &traders).Error; err != nil {
		return 0, unavailable(err)
	}
	known := make(map[int64]bool, len(traders))
	for _, id := range traders {
		known[id] = true
	}
	saved := 0
	for _, g := range goals {
		if !known[g.Trader] {
			continue
		}
		if err := tx.saveGoal(ctx, by, g); err != nil {
			return 0, err
		}
		saved++
	}
	return saved, nil
}

func (tx *Tx) saveGoal(ctx context.Context, by Actor, g Goal) error {
	now, amount := tx.Now(), Money{g.Amount.Round(2)}
	row := TraderGoal{
		UserID: g.Trader, Month: g.Month.Month, Year: g.Month.Year, GoalAmountPEN: amount, CreatedAt: now, CreatedBy: &by.UserID,
	}
	return unavailable(tx.q(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}, {Name: "month"}, {Name: "year"}},
		DoUpdates: clause.Assignments(map[string]any{"goal_amount_pen": amount, "updated_at": now}),
	}).Create(&row).Error)
}
