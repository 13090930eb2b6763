# What a fresh Redmine of the tests needs that its API cannot make: Redmine's own default data, settings, roles,
# custom fields and an administrator's API key. The rest is made through the API. Run once with `rails runner`.
Redmine::DefaultData::Loader.load('en')

{
  'rest_api_enabled' => '1', 'login_required' => '1', 'notified_events' => [],
  'timelog_accept_0_hours' => '1', 'timelog_accept_future_dates' => '1', 'timelog_max_hours_per_day' => '999'
}.each { |name, value| Setting[name] = value }

administrator = User.find_by_login('admin')
administrator.must_change_passwd = false
administrator.password = administrator.password_confirmation = SecureRandom.hex
administrator.save!

{ 'Sees everybody' => 'all', 'Sees only itself' => 'own' }.each do |name, visibility|
  Role.create!(:name => name, :issues_visibility => 'all', :time_entries_visibility => visibility,
               :permissions => [:view_issues, :view_time_entries, :log_time])
end

IssueCustomField.create!(:name => 'Helpdesk ticket', :field_format => 'string', :is_for_all => true,
                         :trackers => Tracker.all)
TimeEntryCustomField.create!(:name => 'Ticket of the helpdesk', :field_format => 'string')
TimeEntryCustomField.create!(:name => 'Billable', :field_format => 'bool', :default_value => '1')

File.write(ENV.fetch('KEY_FILE'), administrator.api_key)
