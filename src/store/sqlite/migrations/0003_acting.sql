-- Which happenings halted or lifted something: these alone overtake each other. Of what was recorded before this is told from
-- its name.
ALTER TABLE happening ADD COLUMN acts INTEGER NOT NULL DEFAULT 0;
UPDATE happening SET acts = 1
WHERE (what LIKE 'template.%' OR what LIKE 'number.%' OR what LIKE 'account.%')
  AND what NOT LIKE '%.halted'
  AND what NOT IN ('template.quality', 'template.category', 'template.components', 'template.flagged',
                   'number.quality', 'number.name', 'number.security', 'number.error',
                   'account.review', 'account.alert', 'account.capability', 'account.violation');
