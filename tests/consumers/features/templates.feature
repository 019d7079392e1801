Feature: Rules that a team keeps for its templates

  Scenario: Templates are for orders, not for advertising
    Given I have template defined
    Then it must have category
    And its value must be UTILITY

  Scenario: No text hides where a link leads
    Given I have template defined
    Then it must contain components
    And it must contain text
    And its value must not match the ".*(bit\.ly|tinyurl).*" regex
