package models

import (
	"context"

	"gorm.io/gorm/clause"
)

// maxSum is the first amount in PEN that numeric(15,2) cannot hold.
var maxSum = NewMoney(1, 13)

// DailyProfit is what a trader earned on a day, entered by hand (contract 4.5).
type DailyProfit struct {
	ID              int64 `gorm:"primaryKey"`
	UserID          int64
	ProfitDate      Day
	ProfitAmountPEN Money     `gorm:"column:profit_amount_pen"`
	CreatedAt       LimaTime  `gorm:"autoCreateTime:false"`
	UpdatedAt       *LimaTime `gorm:"autoUpdateTime:false"`
	CreatedBy       *int64
	User            User `gorm:"foreignKey:UserID"`
}

// TableName is the table of the system replaced.
func (DailyProfit) TableName() string { return "trader_daily_profits" }

// SaveProfit writes the profit of a trader on a day over what stood there and
// returns the row with its trader. The amount is in PEN, may be negative, and is
// rounded to cents. Code NotFound when no trader has the id, Invalid when the
// amount does not fit.
func (tx *Tx) SaveProfit(ctx context.Context, by Actor, trader int64, day Day, amount Money) (DailyProfit, error) {
	amount = Money{amount.Round(2)}
	if amount.Abs().Cmp(maxSum.Decimal) >= 0 {
		return DailyProfit{}, Errorf(Invalid, "El monto es demasiado grande")
	}
	if _, err := tx.TraderByID(ctx, trader); err != nil {
		return DailyProfit{}, err
	}
	now := tx.Now()
	row := DailyProfit{UserID: trader, ProfitDate: day, ProfitAmountPEN: amount, CreatedAt: now, CreatedBy: &by.UserID}
	err := tx.q(ctx).Omit("User").Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}, {Name: "profit_date"}},
		DoUpdates: clause.Assignments(map[string]any{"profit_amount_pen": amount, "updated_at": now}),
	}).Create(&row).Error
	if err != nil {
		return DailyProfit{}, unavailable(err)
	}
	var saved DailyProfit
	err = tx.q(ctx).Joins("User").Where("trader_daily_profits.user_id = ? AND trader_daily_profits.profit_date = ?", trader, day).Take(&saved).Error
	return saved, unavailable(err)
}

// ProfitsOf lists a trader's daily profits of a month, oldest first.
func (q Queries) ProfitsOf(ctx context.Context, trader int64, m Month) ([]DailyProfit, error) {
	first, next := m.days()
	var rows []DailyProfit
	err := q.q(ctx).Joins("User").
		Where("trader_daily_profits.user_id = ? AND trader_daily_profits.profit_date >= ? AND trader_daily_profits.profit_date < ?", trader, first, next).
		Order("trader_daily_profits.profit_date").Find(&rows).Error
	return rows, unavailable(err)
}

// ProfitSums adds up a trader's daily profits of one day and of a month, in PEN.
func (q Queries) ProfitSums(ctx context.Context, trader int64, day Day, m Month) (onDay, inMonth Money, err error) {
	first, next := m.days()
	var sums struct{ OnDay, InMonth Money }
	err = q.q(ctx).Raw(`SELECT
		SUM(CASE WHEN profit_date = ? THEN CAST(ROUND(profit_amount_pen * 100) AS bigint) ELSE 0 END) AS on_day,
		SUM(CASE WHEN profit_date >= ? AND profit_date < ? THEN CAST(ROUND(profit_amount_pen * 100) AS bigint) ELSE 0 END) AS in_month
		FROM trader_daily_profits WHERE user_id = ?`, day, first, next, trader).Scan(&sums).Error
	return fromCents(sums.OnDay), fromCents(sums.InMonth), unavailable(err)
}

// fromCents turns a sum of whole cents into the amount. Sums are taken over whole
// cents because SQLite keeps decimals as floats and would add them inexactly.
func fromCents(cents Money) Money { return Money{cents.Shift(-2)} }
